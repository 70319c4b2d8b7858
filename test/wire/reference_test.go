package wire

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	glance "cumulet/glance/api"
	keystone "cumulet/keystone/api"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

// TestServicesServeWhatTheReferenceDoes holds our routes and rules beside those that list-reference printed.
func TestServicesServeWhatTheReferenceDoes(t *testing.T) {
	for service, ours := range map[string]struct {
		routes []rest.Route
		rules  []policy.Rule
	}{
		"keystone": {(&keystone.API{}).Routes(), keystone.Rules()},
		"glance":   {(&glance.API{}).Routes(), glance.Rules()},
	} {
		text, err := os.ReadFile("testdata/reference-" + service + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		lines := served(ours.routes, ours.rules)
		var missing []string
		for line := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n") {
			if !lines[line] && !slices.Contains(never, line) {
				missing = append(missing, line)
			}
		}
		if len(missing) > 0 {
			t.Errorf("the reference's %s has, and ours has not:\n%s", service, strings.Join(missing, "\n"))
		}
	}
}

// served are routes and rules as list-reference prints them.
func served(routes []rest.Route, rules []policy.Rule) map[string]bool {
	variable := regexp.MustCompile(`\{[^}]*\}`)
	lines := map[string]bool{}
	for _, r := range routes {
		method, path, _ := strings.Cut(variable.ReplaceAllString(r.Do, "{}"), " ")
		path = strings.TrimSuffix(path, "/{$}")
		lines["route "+method+" "+path] = true
		if method == "GET" { // the router answers HEAD by it
			lines["route HEAD "+path] = true
		}
	}
	for _, r := range rules {
		lines["rule "+r.Name] = true
	}
	return lines
}

// never are routes of the reference's that answer 405 by hand.
var never = []string{
	"route GET /v3/OS-OAUTH1/access_token", "route HEAD /v3/OS-OAUTH1/access_token", "route GET /v3/OS-OAUTH1/request_token", "route HEAD /v3/OS-OAUTH1/request_token",
	"route GET /v3/auth/OS-FEDERATION/saml2", "route HEAD /v3/auth/OS-FEDERATION/saml2", "route GET /v3/auth/OS-FEDERATION/saml2/ecp", "route HEAD /v3/auth/OS-FEDERATION/saml2/ecp",
	"route GET /v3/ec2tokens", "route HEAD /v3/ec2tokens", "route GET /v3/s3tokens", "route HEAD /v3/s3tokens",
	"route GET /v3/users/{}/password", "route HEAD /v3/users/{}/password",
}
