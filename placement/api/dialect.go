package api

import (
	"cmp"
	"net/http"

	"cumulet/oslo/fault"
	"cumulet/oslo/rest"
	"cumulet/placement"
)

// errorView is one refusal; as placement/util.py, json_error_formatter.
type errorView struct {
	Status     int    `json:"status"`
	Title      string `json:"title"`
	Detail     string `json:"detail"`
	Code       string `json:"code,omitempty"`
	RequestID  string `json:"request_id"`
	MaxVersion any    `json:"max_version,omitempty"`
	MinVersion any    `json:"min_version,omitempty"`
}

type errorsView struct {
	Errors []errorView `json:"errors"`
}

func dialect(keystoneURL string) rest.Dialect {
	return rest.Dialect{
		Body: func(c *rest.Call, status int, f *fault.Fault) any {
			e := errorView{
				Status: status, Title: http.StatusText(status), Detail: detail(status, f.Text),
				RequestID:  c.Header().Get("X-Openstack-Request-Id"),
				MaxVersion: f.Details["max_version"], MinVersion: f.Details["min_version"],
			}
			if c.Version.AtLeast(1, 23) {
				e.Code = code(f.Name)
			}
			return errorsView{[]errorView{e}}
		},
		Schema: func(e rest.SchemaError) *fault.Fault {
			return placement.Invalid("JSON does not validate: %s", e.Message)
		},
		Refusal:      func(rule string) string { return "Policy does not allow " + rule + " to be performed." },
		Unauthorized: rest.KeystoneUnauthorized(keystoneURL),
	}
}

// detail puts a text after the sentence that WebOb's page of the status begins with, which clients see as well.
func detail(status int, text string) string {
	explanations := map[int]string{
		400: "The server could not comply with the request since it is either malformed or otherwise incorrect.",
		403: "Access was denied to this resource.",
		404: "The resource could not be found.",
		405: "The method is not allowed for this resource.",
		406: "The resource could not be generated that was acceptable to your browser (content of type application/json.",
		409: "There was a conflict when trying to complete your request.",
		413: "The body of your request was too large for this server.",
		415: "The request media type is not supported by this server.",
		500: "The server has either erred or is incapable of performing the requested operation.",
	}
	return cmp.Or(explanations[status], http.StatusText(status)) + "\n\n " + text + "  "
}

// code names a fault for programs; as placement/errors.py.
func code(name string) string {
	codes := map[string]string{
		placement.InventoryInUse:         "placement.inventory.inuse",
		placement.ConcurrentUpdate:       "placement.concurrent_update",
		placement.DuplicateName:          "placement.duplicate_name",
		placement.ProviderInUse:          "placement.resource_provider.inuse",
		placement.ParentInUse:            "placement.resource_provider.cannot_delete_parent",
		placement.ReshapedProviderAbsent: "placement.resource_provider.not_found",
		placement.QueryDuplicateKey:      "placement.query.duplicate_key",
		placement.QueryBadValue:          "placement.query.bad_value",
		placement.QueryMissingValue:      "placement.query.missing_value",
	}
	return cmp.Or(codes[name], "placement.undefined_code")
}
