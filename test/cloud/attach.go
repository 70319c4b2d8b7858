package cloud

import (
	"net/http"
	"os"
	"testing"
	"time"
)

// Attach speaks to a cloud that the test itself starts and stops, by the program and the environment given; timeout bounds a
// request.
func Attach(t *testing.T, binary, url, data string, timeout time.Duration, env ...string) *Cloud {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 8}
	t.Cleanup(transport.CloseIdleConnections)
	return &Cloud{
		URL: url, Data: data, binary: binary, env: append(os.Environ(), env...),
		client: &http.Client{Transport: transport, Timeout: timeout},
	}
}

// Command runs a command of the operator and gives what it printed.
func (c *Cloud) Command(t *testing.T, args ...string) string {
	t.Helper()
	return c.run(t, args...)
}
