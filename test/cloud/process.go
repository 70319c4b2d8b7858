package cloud

import (
	"errors"
	"net/http"
	"testing"

	"cumulet/oslo/db/dbtest"
)

// Ready tells why not all roles of the process that listens there serve, or nil.
func Ready(listen string) error {
	answer, err := http.Get("http://" + listen + "/readyz")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return errors.New(answer.Status)
	}
	return nil
}

// Databases are empty ones on a server, by the service that each is for.
func Databases(t *testing.T, server *dbtest.Server) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, service := range []string{"keystone", "glance", "placement", "nova", "neutron"} {
		all[service] = server.URL(t)
	}
	return all
}
