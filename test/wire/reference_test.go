package wire

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cumulet/keystone/api"
)

// TestKeystoneServesWhatTheReferenceDoes holds our routes and rules beside those that list-reference-keystone printed.
func TestKeystoneServesWhatTheReferenceDoes(t *testing.T) {
	text, err := os.ReadFile("testdata/reference-keystone.txt")
	if err != nil {
		t.Fatal(err)
	}
	variable := regexp.MustCompile(`\{[^}]*\}`)
	ours := map[string]bool{}
	for _, r := range (&api.API{}).Routes() {
		method, path, _ := strings.Cut(variable.ReplaceAllString(r.Do, "{}"), " ")
		path = strings.TrimSuffix(path, "/{$}")
		ours["route "+method+" "+path] = true
		if method == "GET" { // the router answers HEAD by it
			ours["route HEAD "+path] = true
		}
	}
	for _, r := range api.Rules() {
		ours["rule "+r.Name] = true
	}
	var missing []string
	for line := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n") {
		if !ours[line] && !slices.Contains(never, line) {
			missing = append(missing, line)
		}
	}
	if len(missing) > 0 {
		t.Errorf("the reference has, and we have not:\n%s", strings.Join(missing, "\n"))
	}
}

// never are routes of the reference's that answer 405 by hand.
var never = []string{
	"route GET /v3/OS-OAUTH1/access_token", "route HEAD /v3/OS-OAUTH1/access_token", "route GET /v3/OS-OAUTH1/request_token", "route HEAD /v3/OS-OAUTH1/request_token",
	"route GET /v3/auth/OS-FEDERATION/saml2", "route HEAD /v3/auth/OS-FEDERATION/saml2", "route GET /v3/auth/OS-FEDERATION/saml2/ecp", "route HEAD /v3/auth/OS-FEDERATION/saml2/ecp",
	"route GET /v3/ec2tokens", "route HEAD /v3/ec2tokens", "route GET /v3/s3tokens", "route HEAD /v3/s3tokens",
	"route GET /v3/users/{}/password", "route HEAD /v3/users/{}/password",
}
