package api

import (
	"fmt"
	"net/http"
	"strings"

	"cumulet/keystone"
	"cumulet/oslo/fault"
	"cumulet/oslo/rest"
)

// dialect words refusals as keystone/server/flask/application.py does.
func dialect() rest.Dialect {
	return rest.Dialect{
		Body: refusal,
		Schema: func(e rest.SchemaError) *fault.Fault {
			if len(e.Path) < 2 { // the outermost object only names the noun
				return keystone.Invalid("%s", e.Message)
			}
			return keystone.Invalid("Invalid input for field '%s': %s", strings.Join(e.Path[1:], "/"), e.Message)
		},
		Refusal: func(rule string) string {
			return fmt.Sprintf("You are not authorized to perform the requested action: %s.", rule)
		},
		Unauthorized: nil,
	}
}

// refusal is keystone's error body. A 401 says where to get a token, and which methods there are where that was wrong.
func refusal(c *rest.Call, status int, f *fault.Fault) any {
	text := f.Text
	if f.Name == "MalformedRequestBody" {
		text = keystone.Missing("valid JSON", "request body").Text
	}
	body := map[string]any{"code": status, "message": text, "title": http.StatusText(status)}
	for name, value := range f.Details {
		if name == "identity" {
			body[name] = value
		}
	}
	if status == http.StatusUnauthorized {
		c.Header().Set("WWW-Authenticate", fmt.Sprintf("Keystone uri=%q", c.URL("/v3")))
	}
	c.Header().Set("Vary", "X-Auth-Token")
	return map[string]any{"error": body}
}
