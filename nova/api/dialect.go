package api

import (
	"fmt"
	"net/http"
	"strings"

	"cumulet/oslo/fault"
	"cumulet/oslo/rest"
)

// dialect words compute's refusals: {"itemNotFound": {"code": 404, "message": …}}; as nova/api/openstack/wsgi.py, Fault.
func dialect(keystoneURL string) rest.Dialect {
	names := map[int]string{
		400: "badRequest", 401: "unauthorized", 403: "forbidden", 404: "itemNotFound", 405: "badMethod",
		409: "conflictingRequest", 413: "overLimit", 415: "badMediaType", 429: "overLimit", 501: "notImplemented",
		503: "serviceUnavailable",
	}
	return rest.Dialect{
		// Upstream's router knows a path only together with its method.
		Named: map[string]int{"HTTPMethodNotAllowed": http.StatusNotFound},
		Body: func(_ *rest.Call, status int, f *fault.Fault) any {
			name, known := names[status]
			if !known {
				name = "computeFault"
			}
			return view{name: view{"code": status, "message": message(f)}}
		},
		Schema:       schemaFault,
		Unauthorized: rest.KeystoneUnauthorized(keystoneURL),
	}
}

// message is a refusal's text; as nova/api/openstack/wsgi.py has it where the API's floor says more, or something else.
func message(f *fault.Fault) string {
	switch f.Name {
	case "MalformedRequestBody":
		return malformed
	case "HTTPMethodNotAllowed":
		return "The resource could not be found."
	}
	return f.Text
}

const malformed = "Malformed request body"

// schemaFault words what a body or query has wrong; as nova/api/validation/validators.py.
func schemaFault(e rest.SchemaError) *fault.Fault {
	for pattern, reason := range nameReasons() {
		if e.Keyword == "pattern" && strings.Contains(e.Message, rest.Python(pattern)) {
			return bad("An invalid 'name' value was provided. The name must be: %s", reason)
		}
	}
	if len(e.Path) == 0 {
		return bad("%s", e.Message)
	}
	if len(e.Path) == 2 && e.Path[0] != "tags" && e.Path[1][0] >= '0' && e.Path[1][0] <= '9' { // a value of a parameter
		return badQuery(e.Path[0], printed(e.Value), "%s", e.Message)
	}
	return bad("Invalid input for field/attribute %s. Value: %s. %s", e.Path[len(e.Path)-1], printed(e.Value), e.Message)
}

// printed is a value as Python's str does, shortened.
func printed(value any) string {
	if s, ok := value.(string); ok {
		return s
	}
	s := rest.Python(value)
	if len(s) > 500 {
		s = s[:500]
	}
	return s
}

// bad is a request that makes no sense.
func bad(format string, args ...any) *fault.Fault {
	return fault.New(fault.Invalid, "HTTPBadRequest", format, args...)
}

// none is a thing that is not there.
func none(format string, args ...any) *fault.Fault {
	return fault.New(fault.NotFound, "HTTPNotFound", format, args...)
}

// badQuery is a query parameter that makes no sense.
func badQuery(name, value, message string, args ...any) *fault.Fault {
	return bad("Invalid input for query parameters %s. Value: %s. %s", name, value, fmt.Sprintf(message, args...))
}
