package rest

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cumulet/oslo/fault"
	"cumulet/oslo/policy"
	"cumulet/oslo/telemetry"
)

// tokens is an authenticator that knows callers by their token.
type tokens map[string]policy.Who

func (t tokens) Authenticate(_ context.Context, r *http.Request) (policy.Who, error) {
	if who, ok := t[r.Header.Get("X-Auth-Token")]; ok {
		return who, nil
	}
	return policy.Who{}, fault.New(fault.Unauthorized, "Unauthorized", "no token")
}

type thing struct {
	Name  string        `json:"name"`
	Count Optional[int] `json:"count"`
}

func testAPI(t testing.TB, routes ...Route) *httptest.Server {
	t.Helper()
	enforcer, err := policy.New([]policy.Rule{{Name: "get", Check: "project_id:%(project_id)s"}, {Name: "any", Check: ""}})
	if err != nil {
		t.Fatal(err)
	}
	api := &API{
		Service: "things", Prefix: "/thing", Routes: routes, Policy: enforcer, Log: slog.New(slog.DiscardHandler),
		Auth:     tokens{"p": {ProjectID: "p"}, "q": {ProjectID: "q"}},
		Versions: &Versions{Service: "things", Min: V(1, 0), Max: V(1, 9)},
		MaxBody:  1000,
		Patience: 50 * time.Millisecond,
		Dialect: Dialect{Body: func(_ *Call, status int, f *fault.Fault) any {
			return map[string]any{"name": f.Name, "text": f.Text, "status": status}
		}},
	}
	h, err := api.Handler()
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func ask(t *testing.T, s *httptest.Server, method, path, token, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Auth-Token", token)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(b)
}

var thingSchema = MustSchema(`{"type": "object", "required": ["name"], "additionalProperties": false,
	"properties": {"name": {"type": "string", "minLength": 1, "maxLength": 5}, "count": {"type": ["integer", "null"]}}}`)

func things(t testing.TB) *httptest.Server {
	show := func(_ context.Context, c *Call) (map[string]string, error) {
		return map[string]string{"id": c.Path("id"), "url": c.URL("/x")}, c.AuthorizeOwner("p")
	}
	return testAPI(t,
		Route{Do: "GET /", Rule: Public, Status: 300, Run: Get(func(context.Context, *Call) (string, error) { return "versions", nil })},
		Route{Do: "GET /things/{id}", Rule: "get", Status: 200, Run: Get(show)},
		Route{Do: "GET /things/detail", Rule: "any", Status: 200, Run: Get(func(_ context.Context, c *Call) (string, error) {
			return "detail", c.Authorize(nil)
		})},
		Route{Do: "DELETE /things/{id}", Rule: "get", Status: 204, Run: Do(func(_ context.Context, c *Call) error { return c.AuthorizeOwner("p") })},
		Route{Do: "POST /things", Rule: "any", In: Body(thingSchema), Status: 201, Run: JSON(func(_ context.Context, c *Call, in thing) (thing, error) {
			return in, c.Authorize(nil)
		})},
		Route{Do: "GET /forgot", Rule: "any", Status: 200, Run: Get(func(context.Context, *Call) (string, error) { return "secret", nil })},
		Route{Do: "GET /broken", Rule: "any", Status: 200, Run: Get(func(context.Context, *Call) (string, error) { return "", errors.New("secret cause") })},
		Route{Do: "GET /panic", Rule: "any", Status: 200, Run: Get(func(context.Context, *Call) (string, error) { panic("secret") })},
		Route{Do: "GET /new", Rule: "any", Min: V(1, 5), Status: 200, Run: Get(func(_ context.Context, c *Call) (string, error) {
			return c.Version.String(), c.Authorize(nil)
		})},
	)
}

func TestAnswers(t *testing.T) {
	s := things(t)
	for _, c := range []struct {
		claim, method, path, token, body, version string
		status                                    int
		contains                                  string
	}{
		{"a public route needs no token", "GET", "/thing/", "", "", "", 300, "versions"},
		{"a public route forgives the version", "GET", "/thing/", "", "", "things 9.9", 300, "versions"},
		{"no token is 401", "GET", "/thing/things/1", "", "", "", 401, ""},
		{"no token is 401 on unknown paths too", "GET", "/thing/nowhere", "", "", "", 401, ""},
		{"the owner sees", "GET", "/thing/things/a%2Fb", "p", "", "", 200, `"a/b"`},
		{"others do not", "GET", "/thing/things/1", "q", "", "", 403, "get"},
		{"a literal goes before a variable", "GET", "/thing/things/detail", "q", "", "", 200, "detail"},
		{"a trailing slash is forgiven", "GET", "/thing/things/detail/", "q", "", "", 200, "detail"},
		{"an unknown path is 404", "GET", "/thing/nowhere", "p", "", "", 404, ""},
		{"an unknown method is 405", "PUT", "/thing/things/1", "p", "", "", 405, ""},
		{"no content", "DELETE", "/thing/things/1", "p", "", "", 204, ""},
		{"a good body", "POST", "/thing/things", "p", `{"name": "x", "count": null}`, "", 201, `"Null":true`},
		{"a name too long", "POST", "/thing/things", "p", `{"name": "xxxxxx"}`, "", 400, "'xxxxxx' is too long"},
		{"a name missing", "POST", "/thing/things", "p", `{}`, "", 400, "'name' is a required property"},
		{"a member unknown", "POST", "/thing/things", "p", `{"name": "x", "y": 1}`, "", 400, "('y' was unexpected)"},
		{"a type wrong", "POST", "/thing/things", "p", `{"name": 1}`, "", 400, "1 is not of type 'string'"},
		{"not JSON", "POST", "/thing/things", "p", `{`, "", 400, "MalformedRequestBody"},
		{"no body", "POST", "/thing/things", "p", ``, "", 400, "MalformedRequestBody"},
		{"two values", "POST", "/thing/things", "p", `{"name":"a"}{}`, "", 400, "MalformedRequestBody"},
		{"too deep", "POST", "/thing/things", "p", strings.Repeat("[", 100), "", 400, "nested"},
		{"too large", "POST", "/thing/things", "p", strings.Repeat(" ", 2000), "", 413, ""},
		{"a handler that did not authorize", "GET", "/thing/forgot", "p", "", "", 500, "InternalServerError"},
		{"an error that is no fault", "GET", "/thing/broken", "p", "", "", 500, "InternalServerError"},
		{"a panic", "GET", "/thing/panic", "p", "", "", 500, "InternalServerError"},
		{"a route of a later version", "GET", "/thing/new", "p", "", "", 404, ""},
		{"the version asked for", "GET", "/thing/new", "p", "", "things 1.5", 200, "1.5"},
		{"the latest version", "GET", "/thing/new", "p", "", "things latest", 200, "1.9"},
		{"another service's version", "GET", "/thing/new", "p", "", "others 1.5", 404, ""},
		{"a version too high", "GET", "/thing/new", "p", "", "things 2.0", 406, "maximum"},
		{"a senseless version", "GET", "/thing/new", "p", "", "things 1.05", 400, "format"},
	} {
		res, body := ask(t, s, c.method, c.path, c.token, c.body, "OpenStack-API-Version", c.version)
		if res.StatusCode != c.status || !strings.Contains(body, c.contains) {
			t.Errorf("%s: %d %s, want %d with %q", c.claim, res.StatusCode, body, c.status, c.contains)
		}
		if strings.Contains(body, "secret") {
			t.Errorf("%s: the answer tells a secret: %s", c.claim, body)
		}
		if !strings.HasPrefix(res.Header.Get("X-Openstack-Request-Id"), "req-") {
			t.Errorf("%s: no request id", c.claim)
		}
	}
}

// A body that comes by drops holds a connection no longer than the API is patient; one that streams may take as long as it
// likes, as long as it comes.
func TestBodyThatDoesNotComeIsNotWaitedFor(t *testing.T) {
	wait := make(chan struct{})
	s := testAPI(t,
		Route{Do: "POST /things", Rule: "any", In: Body(thingSchema), Status: 201, Run: JSON(func(_ context.Context, c *Call, in thing) (thing, error) {
			return in, c.Authorize(nil)
		})},
		Route{Do: "PUT /stream", Rule: "any", MaxBody: -1, Status: 204, Run: Do(func(_ context.Context, c *Call) error {
			_, err := io.ReadAll(c.Body())
			close(wait)
			return errors.Join(c.Authorize(nil), err)
		})},
	)
	for _, ask := range []string{"POST /thing/things", "PUT /thing/stream"} {
		c, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, err = io.WriteString(c, ask+" HTTP/1.1\r\nHost: x\r\nX-Auth-Token: p\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatalf("%s: %v", ask, err)
		}
		if res.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s", ask, res.Status)
		}
	}
	<-wait
}

// Databases refuse it, or cut a text there.
func TestNoTextMayHoldNUL(t *testing.T) {
	s := things(t)
	for _, c := range []struct {
		method, path, body string
		status             int
	}{
		{"POST", "/thing/things", `{"name": "a\u0000b"}`, 400},
		{"POST", "/thing/things", `{"name": "\\u00"}`, 201},
		{"POST", "/thing/things", `{"name": "\\u0000"}`, 400}, // a backslash and letters: too long, no more
		{"GET", "/thing/things/detail?name=%00", "", 400},
		{"GET", "/thing/things/detail?%00=x", "", 400},
		{"GET", "/thing/things/detail?name=%2500", "", 200},
	} {
		res, body := ask(t, s, c.method, c.path, "p", c.body)
		if res.StatusCode != c.status || strings.Contains(body, "NUL") != (c.status == 400 && !strings.Contains(c.body, `\\u0000`)) {
			t.Errorf("%s %s %s: %d %s", c.method, c.path, c.body, res.StatusCode, body)
		}
	}
}

func TestURLsNameTheGateway(t *testing.T) {
	s := things(t)
	if _, body := ask(t, s, "GET", "/thing/things/1", "p", ""); !strings.Contains(body, s.URL+"/thing/x") {
		t.Errorf("body = %s", body)
	}
}

func TestRoutesThatOverlapAreRefused(t *testing.T) {
	run := Do(func(context.Context, *Call) error { return nil })
	for _, routes := range [][]Route{
		{{Do: "GET /a", Rule: Public, Run: run}, {Do: "GET /a", Rule: Public, Run: run}},
		{{Do: "GET /a", Rule: Public, Max: V(1, 5), Run: run}, {Do: "GET /a", Rule: Public, Min: V(1, 5), Run: run}},
		{{Do: "GET /a", Rule: "unknown", Run: run}},
		{{Do: "GET", Rule: Public, Run: run}},
		{{Do: "GET /a", Rule: Public}},
	} {
		api := &API{Routes: routes}
		if _, err := api.Handler(); err == nil {
			t.Errorf("%v was taken", routes[0].Do)
		}
	}
}

func TestLoopbackStreams(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.Copy(w, r.Body)
	})
	client := http.Client{Transport: Loopback{h}}
	body, feed := io.Pipe()
	r, err := http.NewRequestWithContext(t.Context(), "PUT", "http://cloud/x", body)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	for _, part := range []string{"one", "two"} { // each part comes back before the next is sent
		if _, err := io.WriteString(feed, part); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(part))
		if _, err := io.ReadFull(res.Body, got); err != nil || string(got) != part {
			t.Fatalf("got %q, %v", got, err)
		}
	}
	feed.Close()
	if rest, err := io.ReadAll(res.Body); err != nil || len(rest) > 0 || res.StatusCode != http.StatusAccepted {
		t.Errorf("%d %q %v", res.StatusCode, rest, err)
	}
}

func TestLoopbackTellsForWhichRequestItAsks(t *testing.T) {
	id := telemetry.NewRequestID()
	var got string
	client := http.Client{Transport: Loopback{http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = r.Header.Get("X-Openstack-Request-Id")
	})}}
	r, err := http.NewRequestWithContext(telemetry.WithRequestID(t.Context(), id), "GET", "http://cloud/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if got != id {
		t.Errorf("the handler is told %q, not %q", got, id)
	}
}

func TestLoopbackBreaksOffWithTheHandler(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		panic(http.ErrAbortHandler)
	})
	res, err := (&http.Client{Transport: Loopback{h}}).Get("http://cloud/")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.ReadAll(res.Body); err == nil {
		t.Error("a download that broke off looks whole")
	}
}
