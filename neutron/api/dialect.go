package api

import (
	"net/http"

	"cumulet/oslo/fault"
	"cumulet/oslo/rest"
)

// dialect is how neutron words refusals. As neutron/api/api_common.py, convert_exception_to_http_exc.
func (a *API) dialect() rest.Dialect {
	return rest.Dialect{
		Status: map[fault.Kind]int{fault.Quota: http.StatusConflict, fault.Precondition: http.StatusPreconditionFailed},
		Body: func(_ *rest.Call, status int, f *fault.Fault) any {
			if status == http.StatusInternalServerError {
				f = fault.New(f.Kind, "HTTPInternalServerError", "Request Failed: internal server error while processing your request.")
			}
			return map[string]any{"NeutronError": map[string]any{"type": f.Name, "message": f.Text, "detail": ""}}
		},
		Refusal:      func(rule string) string { return "rule:" + rule + " is disallowed by policy" },
		Unauthorized: rest.KeystoneUnauthorized(a.IdentityURL),
	}
}
