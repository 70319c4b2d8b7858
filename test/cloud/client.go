package cloud

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"
)

// M is a JSON object.
type M = map[string]any

// Client speaks as one account, or as nobody where Token is empty.
type Client struct {
	Token             string
	ProjectID, UserID string
	Cloud             *Cloud
}

// SignIn gets a token for a user of the default domain in a project of it.
func (c *Cloud) SignIn(t *testing.T, user, password, project string) *Client {
	t.Helper()
	nobody := &Client{Cloud: c}
	a := nobody.Ask(t, "POST", "/identity/v3/auth/tokens", Credentials(user, password, project))
	token := a.Object(t, "token")
	return &Client{
		Cloud: c, Token: a.Header.Get("X-Subject-Token"),
		ProjectID: ID(token["project"]), UserID: ID(token["user"]),
	}
}

// Credentials is the body that asks for a token by a password.
func Credentials(user, password, project string) M {
	domain := M{"id": "default"}
	return M{"auth": M{
		"identity": M{"methods": []string{"password"}, "password": M{"user": M{"name": user, "domain": domain, "password": password}}},
		"scope":    M{"project": M{"name": project, "domain": domain}},
	}}
}

// Answer is what came back, read whole.
type Answer struct {
	Asked  string // "GET /network/v2.0/networks"
	Status int
	Header http.Header
	Body   []byte
}

// Good tells whether the status is one of the 200s.
func (a Answer) Good() bool { return a.Status/100 == 2 }

func (a Answer) String() string { return fmt.Sprintf("%s: %d %.600s", a.Asked, a.Status, a.Body) }

// Decode reads the body as JSON.
func (a Answer) Decode(into any) error { return json.Unmarshal(a.Body, into) }

// Object is a member of the body that is an object.
func (a Answer) Object(t *testing.T, name string) M {
	t.Helper()
	var body map[string]M
	if err := json.Unmarshal(a.Body, &body); err != nil {
		t.Fatalf("%s: %v", a, err)
	}
	return body[name]
}

// List is a member of the body that is a list of objects.
func (a Answer) List(t *testing.T, name string) []M {
	t.Helper()
	var body map[string]json.RawMessage
	var list []M
	if err := json.Unmarshal(a.Body, &body); err != nil {
		t.Fatalf("%s: %v", a, err)
	}
	if err := json.Unmarshal(body[name], &list); err != nil {
		t.Fatalf("%s: %s: %v", a, name, err)
	}
	return list
}

// ID is the id of an object.
func ID(object any) string {
	m, ok := object.(M)
	if !ok {
		return ""
	}
	id, _ := m["id"].(string)
	return id
}

// Ask sends a JSON value, which must be answered well.
func (c *Client) Ask(t *testing.T, method, path string, body any) Answer {
	t.Helper()
	a, err := c.JSON(method, path, body)
	if err != nil {
		t.Fatal(err)
	}
	if !a.Good() {
		t.Fatal(a)
	}
	return a
}

// JSON sends a JSON value, or no body for nil.
func (c *Client) JSON(method, path string, body any) (Answer, error) {
	return c.SendJSON(method, path, nil, body)
}

// SendJSON is JSON with headers.
func (c *Client) SendJSON(method, path string, header http.Header, body any) (Answer, error) {
	var raw []byte
	var err error
	if body != nil {
		if raw, err = json.Marshal(body); err != nil {
			return Answer{}, err
		}
	}
	return c.Send(method, path, header, raw)
}

// Send sends bytes with headers, JSON's where they say nothing else. The path is sent as it stands, with whatever it holds.
func (c *Client) Send(method, path string, header http.Header, body []byte) (Answer, error) {
	return c.Stream(method, path, header, bytes.NewReader(body), true)
}

// Stream is Send for bytes as they come, with their length or without.
func (c *Client) Stream(method, path string, header http.Header, body *bytes.Reader, announced bool) (Answer, error) {
	a := Answer{Asked: method + " " + path}
	length := body.Len()
	r, err := http.NewRequest(method, c.Cloud.URL, body)
	if err != nil {
		return a, err
	}
	if !announced {
		r.ContentLength = -1
	}
	r.URL.Opaque = path // so that nothing is cleaned on the way
	if c.Token != "" {
		r.Header.Set("X-Auth-Token", c.Token)
	}
	if length > 0 {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, values := range header {
		r.Header[name] = values
	}
	res, err := c.Cloud.client.Do(r)
	if err != nil {
		return a, err
	}
	defer res.Body.Close()
	a.Status, a.Header = res.StatusCode, res.Header
	a.Body, err = io.ReadAll(res.Body)
	return a, err
}

// All follows a list's pages of the given size to their end, by marker; query is what else is asked ("name=x").
func (c *Client) All(t *testing.T, path, name, query string, size int) []M {
	t.Helper()
	var all []M
	marker := ""
	for {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		values.Set("limit", fmt.Sprint(size))
		if marker != "" {
			values.Set("marker", marker)
		}
		page := c.Ask(t, "GET", path+"?"+values.Encode(), nil).List(t, name)
		all = append(all, page...)
		if len(page) < size {
			return all
		}
		marker = ID(page[len(page)-1])
	}
}
