package api

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

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
				Status: status, Title: http.StatusText(status), Detail: detail(c, status, message(c, f)),
				RequestID:  c.Header().Get("X-Openstack-Request-Id"),
				MaxVersion: f.Details["max_version"], MinVersion: f.Details["min_version"],
			}
			if c.Version.AtLeast(1, 23) {
				e.Code = code(f.Name)
			}
			return errorsView{[]errorView{e}}
		},
		Schema: func(e rest.SchemaError) *fault.Fault {
			if e.Keyword == "pattern" && strings.Contains(e.Message, rest.Python(uuidForm)) {
				e.Message = rest.Python(e.Value) + " is not a 'uuid'"
			}
			return fault.New(fault.Invalid, "ValidationError", "%s", e.Message)
		},
		Refusal:      func(rule string) string { return "Policy does not allow " + rule + " to be performed." },
		Unauthorized: rest.KeystoneUnauthorized(keystoneURL),
	}
}

// message is a refusal's text; as upstream's handlers and middleware word what the API's floor refuses.
func message(c *rest.Call, f *fault.Fault) string {
	_, asked, _ := strings.Cut(c.Request.Header.Get("OpenStack-API-Version"), " ")
	switch f.Name {
	case "ValidationError": // a query where there is no body: as placement/util.py, validate_query_params and extract_json
		if c.Request.Method == http.MethodGet {
			return "Invalid query string parameters: " + f.Text
		}
		return "JSON does not validate: " + f.Text
	case "MalformedRequestBody":
		return "Malformed JSON: " + strings.TrimPrefix(f.Text, "Malformed request body: ")
	case "HTTPNotFound":
		return ""
	case "HTTPMethodNotAllowed":
		return "The method specified is not allowed for this resource."
	case "InvalidGlobalAPIVersion":
		return "Invalid microversion: Unacceptable version header: " + asked
	case "InvalidAPIVersionString":
		return "Invalid microversion: invalid version string: " + asked
	}
	return f.Text
}

// detail puts a text after the sentence that WebOb's page of the status begins with, which clients see as well. Pages that
// name something of the request have a form of their own; as webob/exc.py.
func detail(c *rest.Call, status int, text string) string {
	const named = "%s \n\n %s"
	switch status {
	case http.StatusMethodNotAllowed:
		return fmt.Sprintf(named, "The method "+c.Request.Method+" is not allowed for this resource.", text)
	case http.StatusNotAcceptable:
		return fmt.Sprintf(named, "The resource could not be generated that was acceptable to your browser (content of type application/json.", text)
	case http.StatusUnsupportedMediaType:
		return fmt.Sprintf(named, "The request media type "+c.Request.Header.Get("Content-Type")+" is not supported by this server.", text)
	}
	explanations := map[int]string{
		400: "The server could not comply with the request since it is either malformed or otherwise incorrect.",
		403: "Access was denied to this resource.",
		404: "The resource could not be found.",
		409: "There was a conflict when trying to complete your request.",
		413: "The body of your request was too large for this server.",
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
