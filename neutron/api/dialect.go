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
			switch {
			case f.Name == "HTTPMethodNotAllowed":
				f = fault.New(f.Kind, f.Name, "The server could not comply with the request since it is either malformed or otherwise incorrect.")
			case status == http.StatusInternalServerError:
				f = fault.New(f.Kind, "HTTPInternalServerError", "Request Failed: internal server error while processing your request.")
			}
			return map[string]any{"NeutronError": map[string]any{"type": f.Name, "message": f.Text, "detail": ""}}
		},
		Refusal:      func(rule string) string { return disallowed("rule:" + rule) },
		Unauthorized: rest.KeystoneUnauthorized(a.IdentityURL),
	}
}

// disallowed words the refusal of a check. As neutron/api/api_common.py and oslo_policy, PolicyNotAuthorized.
func disallowed(check string) string { return check + " is disallowed by policy" }
