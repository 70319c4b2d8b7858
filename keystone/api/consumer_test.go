package api_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestConsumerLives(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	const path = "/v3/OS-OAUTH1/consumers"
	made := at(c.must(201, "POST", path, object{"consumer": object{"description": "robot", "some:weird-field": 7}}), "consumer")
	one := path + "/" + word(made, "id")
	want := object{"id": word(made, "id"), "description": "robot", "some_weird_field": 7, "links": object{"self": c.url + one}}
	c.same("shown", c.must(200, "GET", one, nil), object{"consumer": want})
	c.same("listed", c.must(200, "GET", path, nil),
		object{"consumers": []object{want}, "links": object{"next": nil, "previous": nil, "self": c.url + path}})
	want["secret"] = word(made, "secret")
	if len(word(made, "secret")) != 32 || fmt.Sprint(made) != fmt.Sprint(want) {
		t.Errorf("made is %v, want %v", made, want)
	}
	delete(want, "secret")
	want["description"], want["some_weird_field"] = nil, 8
	change := object{"id": word(made, "id"), "description": nil, "some-weird-field": 8}
	c.same("changed", c.must(200, "PATCH", one, object{"consumer": change}), object{"consumer": want})
	c.same("changed for good", c.must(200, "GET", one, nil), object{"consumer": want})
	c.must(204, "DELETE", one, nil)
	for _, method := range []string{"GET", "DELETE"} {
		if gone := c.must(404, method, one, nil); word(gone, "error", "message") != "Consumer not found" {
			t.Errorf("%s: %v", method, gone)
		}
	}
}

func TestConsumerRefuses(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	const path = "/v3/OS-OAUTH1/consumers"
	one := path + "/" + word(c.must(201, "POST", path, object{"consumer": object{}}), "consumer", "id")
	for _, asked := range []struct {
		method, path string
		consumer     any
		status       int
		text         string
	}{
		{"POST", path, object{"description": 7}, 400, "Invalid input for field 'description': 7 is not of type 'null', 'string'"},
		{"POST", path, object{"description": strings.Repeat("x", 65)}, 400,
			"Invalid input for field 'description': '" + strings.Repeat("x", 65) + "' is too long"},
		{"PATCH", one, object{}, 400, "{} does not have enough properties"},
		{"PATCH", one, object{"description": "d", "secret": "canary"}, 400, "Cannot change secret"},
		{"PATCH", one, object{"id": "other"}, 400, "Cannot change ID"},
		{"PATCH", path + "/none", object{"description": "d"}, 404, "Consumer not found"},
	} {
		a := c.ask(asked.method, asked.path, c.admin, object{"consumer": asked.consumer})
		if a.status != asked.status || word(a.body, "error", "message") != asked.text {
			t.Errorf("%s %s %v: %d %s, want %d %q", asked.method, asked.path, asked.consumer, a.status, a.text, asked.status, asked.text)
		}
	}
}

// TestConsumersSecretIsToldOnce looks for it in the answers after the first, in the events, and in the log; and that a change leaves it.
func TestConsumersSecretIsToldOnce(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	log := c.listen()
	const path = "/v3/OS-OAUTH1/consumers"
	a := c.ask("POST", path, c.admin, object{"consumer": object{"description": "robot", "secret": "mine"}}, "Idempotency-Key", "once")
	id, secret := word(a.body, "consumer", "id"), word(a.body, "consumer", "secret")
	if a.status != 201 || secret == "" || secret == "mine" {
		t.Fatalf("%d %s", a.status, a.text)
	}
	kept := func() (s string) {
		t.Helper()
		if err := c.DB.DB.QueryRowContext(t.Context(), "SELECT secret FROM consumer").Scan(&s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, asked := range []struct {
		method, path string
		body         any
	}{
		{"GET", path, nil}, {"GET", path + "/" + id, nil}, {"PATCH", path + "/" + id, object{"consumer": object{"description": "new"}}},
		{"PATCH", path + "/" + id, object{"consumer": object{"secret": secret}}},
	} {
		if a := c.ask(asked.method, asked.path, c.admin, asked.body); a.status >= 500 || strings.Contains(a.text, secret) {
			t.Errorf("%s %s: %d %s", asked.method, asked.path, a.status, a.text)
		}
	}
	if got := kept(); got != secret {
		t.Errorf("it is kept as %q", got)
	}
	c.must(204, "DELETE", path+"/"+id, nil)
	events, err := c.DB.Events(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, e := range events {
		if strings.Contains(string(e.Payload), secret) {
			t.Errorf("the event %s tells %s", e.Name, e.Payload)
		}
		if e.Resource == id {
			told = append(told, e.Name)
		}
	}
	if want := "[identity.consumer.created identity.consumer.updated identity.consumer.deleted]"; fmt.Sprint(told) != want {
		t.Errorf("told are %v", told)
	}
	if text := log.text(); text == "" || strings.Contains(text, secret) {
		t.Errorf("the log says %q", text)
	}
}
