package middleware

import (
	"encoding/json"
	"net/http"

	"cumulet/oslo/fault"
	"cumulet/oslo/policy"
)

// Before puts the middleware before a handler that is no service of ours: it is told who asks, or it is not asked. Answers are as
// keystonemiddleware's.
func (m *Middleware) Before(next func(w http.ResponseWriter, r *http.Request, who policy.Who)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, err := m.Authenticate(r.Context(), r)
		if err == nil {
			next(w, r, who)
			return
		}
		status, f := http.StatusServiceUnavailable, fault.Of(err)
		if fault.Is(err, fault.Unauthorized) {
			status = http.StatusUnauthorized
			w.Header().Set("WWW-Authenticate", `Keystone uri="`+m.Keystone.URL+`"`)
		}
		text := http.StatusText(status)
		if f != nil {
			text = f.Text
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"code": status, "title": http.StatusText(status), "message": text}}) // the caller may be gone
	})
}
