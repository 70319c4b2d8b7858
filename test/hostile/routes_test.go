package hostile

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	glance "cumulet/glance/api"
	keystone "cumulet/keystone/api"
	neutron "cumulet/neutron/api"
	nova "cumulet/nova/api"
	"cumulet/oslo/rest"
	placement "cumulet/placement/api"
	"cumulet/test/cloud"
)

// tables are all routes of all services, under where the gateway serves them.
func tables() map[string][]rest.Route {
	return map[string][]rest.Route{
		"/identity": (&keystone.API{}).Routes(), "/image": (&glance.API{}).Routes(), "/placement": (&placement.API{}).Routes(),
		"/compute": (&nova.API{}).Routes(), "/network": (&neutron.API{}).Routes(),
	}
}

// variable is a path's "{id}" or "{name...}".
var variable = regexp.MustCompile(`\{[^}]*\}`)

// senseless are values for a path's variables, escaped as they are sent.
func senseless() []string {
	return []string{
		"8a3a4c1e-0000-4000-8000-000000000000", "no-uuid", "0", "-1", "99999999999999999999", "%2e%2e", "..%2f..%2fetc%2fpasswd",
		"%00", "a%00b", "%ff%fe", "%F0%9F%98%80", "%27%20OR%201%3D1--", "%25s%25n", "null", "%0d%0aX-Injected:%201", strings.Repeat("a", 5000), "%zz",
	}
}

// wreckage are bodies that no route takes.
func wreckage() []string {
	return []string{
		``, `{`, `null`, `[]`, `"x"`, `0`, `true`, `{}`, `{"":{}}`, `{"a":1}{"b":2}`, "\xff\xfe{}", "{\"\xff\":1}", `{"x":NaN}`, "\x00",
		`{"x":1e999}`, strings.Repeat("[", 100_000), strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000),
	}
}

// routes calls every route of every table: without a token, where the answer is 401, and with senseless ids and bodies, where
// it may be whatever but ours to blame.
func (w *world) routes(t *testing.T) {
	for prefix, table := range tables() {
		for _, r := range table {
			w.nameless(t, prefix, r)
			w.garbage(t, prefix, r)
		}
	}
}

func (w *world) nameless(t *testing.T, prefix string, r rest.Route) {
	method, path, _ := strings.Cut(r.Do, " ")
	path = prefix + variable.ReplaceAllString(path, "x")
	for _, body := range []string{"", "{}", "{"} {
		a, err := w.nobody.Send(method, path, versions(prefix, r), []byte(body))
		sound(t, "nobody", a, err)
		if r.Rule != rest.Public && a.Status != http.StatusUnauthorized {
			t.Errorf("without a token: %s", a)
		}
	}
}

// versions asks for the newest microversion that has the route.
func versions(prefix string, r rest.Route) http.Header {
	service := map[string]string{"/compute": "compute", "/placement": "placement"}[prefix]
	version := "latest"
	if !r.Max.IsZero() {
		version = r.Max.String()
	}
	if service == "" {
		return nil
	}
	return http.Header{"Openstack-Api-Version": {service + " " + version}}
}

func (w *world) garbage(t *testing.T, prefix string, r rest.Route) {
	method, path, _ := strings.Cut(r.Do, " ")
	header := versions(prefix, r)
	for _, value := range senseless() {
		at := prefix + variable.ReplaceAllLiteralString(path, value)
		if at == prefix+path && value != "no-uuid" {
			continue // no variables: once is enough
		}
		a, err := w.member.Send(method, at, header, []byte(guess(path)))
		sound(t, "senseless ids", a, err)
		if injected := a.Header.Get("X-Injected"); injected != "" {
			t.Errorf("%s: a header was injected", a.Asked)
		}
		w.takeBack(t, method, path, at, header, a)
	}
	if method == http.MethodGet || method == http.MethodHead {
		return
	}
	for _, body := range slices.Concat(wreckage(), nouns(path)) {
		at := prefix + variable.ReplaceAllLiteralString(path, w.something(prefix, path))
		a, err := w.member.Send(method, at, header, []byte(body))
		sound(t, fmt.Sprintf("body %.60q", body), a, err)
		w.takeBack(t, method, path, at, header, a)
	}
}

// takeBack deletes what a POST to a list made after all: some nouns need no more than their name.
func (w *world) takeBack(t *testing.T, method, path, at string, header http.Header, a cloud.Answer) {
	t.Helper()
	if a.Good() && method == http.MethodPost && !strings.Contains(path, "{") {
		w.undo(t, template{who: "member", method: method, path: at}, header, a)
	}
}

// guess is a body with the noun that the path's last word names, empty.
func guess(path string) string { return fmt.Sprintf(`{%q: {}}`, noun(path)) }

// noun is the singular of the last word of a path.
func noun(path string) string {
	words := strings.Split(strings.Trim(variable.ReplaceAllString(path, ""), "/"), "/")
	last := strings.ReplaceAll(strings.TrimPrefix(words[len(words)-1], "os-"), "-", "_")
	return strings.TrimSuffix(last, "s")
}

// nouns are bodies whose outermost member is right and nothing in it.
func nouns(path string) []string {
	var all []string
	for _, n := range []string{noun(path), noun(path) + "s"} {
		for _, value := range []string{`null`, `[]`, `[null]`, `[[]]`, `[{}]`, `""`, `0`, `true`, `{}`, `{"name":null}`, `{"":""}`, `{"id":{}}`, `{"name":"\u0000"}`} {
			all = append(all, fmt.Sprintf(`{%q: %s}`, n, value))
		}
	}
	return all
}

// something is an id that is there, though another project's, for the routes below a noun.
func (w *world) something(prefix, path string) string {
	before, _, _ := strings.Cut(path, "/{")
	if id, ok := w.ids[prefix+before]; ok {
		return url.PathEscape(id)
	}
	return "8a3a4c1e-0000-4000-8000-000000000000"
}
