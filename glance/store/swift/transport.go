package swift

import "net/http"

// apart gives each HEAD a connection of its own. Swift 2.30 ends its answer to one for a container with a chunk, which no
// answer to HEAD has, and which would be read as the beginning of the next answer.
type apart struct{ http.RoundTripper }

// RoundTrip asks, and has the connection of a HEAD closed.
func (a apart) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodHead {
		r = r.Clone(r.Context())
		r.Close = true
	}
	return a.RoundTripper.RoundTrip(r)
}
