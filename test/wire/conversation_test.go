package wire

import (
	"strings"
	"testing"
	"time"
)

const conversation = `An introduction: nobody reads it.

### Bits come
as demo
until 5s
PUT /image/v2/images/{image}/file
Content-Type: application/octet-stream
twelve: bytes
=> 204
Content-Length: -
~^$

### They are there
GET /image
=> 200
{"images": ["..."]}
`

func TestConversationIsParsed(t *testing.T) {
	all, err := parse(strings.NewReader(conversation))
	if err != nil || len(all) != 2 {
		t.Fatalf("%v %v", all, err)
	}
	e := all[0]
	if e.claim != "Bits come" || e.who != "demo" || e.until != 5*time.Second || e.method != "PUT" || e.path != "/image/v2/images/{image}/file" ||
		e.headers["Content-Type"] != "application/octet-stream" || e.status != 204 || e.wantHeaders["Content-Length"] != "-" {
		t.Errorf("%+v", e)
	}
	if all[1].who != "admin" || all[1].line != 13 || all[1].wantBody != "{\"images\": [\"...\"]}\n" {
		t.Errorf("%+v", all[1])
	}
}

func TestConversationThatLacksAnAnswerIsRefused(t *testing.T) {
	for _, text := range []string{"### x\nGET /\n", "### x\n=> 200\n", "### x\nGET /\n=> soon\n", "### x\nuntil then\nGET /\n=> 200\n"} {
		if _, err := parse(strings.NewReader(text)); err == nil {
			t.Errorf("taken: %q", text)
		}
	}
}

func TestBodiesAreCompared(t *testing.T) {
	cases := []struct {
		want, got string
		holds     bool
	}{
		{`{"a": 1}`, `{"a": 1}`, true},
		{`{"a": 1}`, `{"a": 1, "b": 2}`, false},
		{`{"a": 1, "...": "..."}`, `{"a": 1, "b": 2}`, true},
		{`{"a": 1, "...": "..."}`, `{"b": 2}`, false},
		{`{"id": "{known}"}`, `{"id": "k"}`, true},
		{`{"{known}": 1}`, `{"k": 1}`, true},
		{`{"self": "~/v3/{caught}$", "id": "<caught>"}`, `{"self": "http://x/v3/7a", "id": "7a"}`, true},
		{`["<*>", {"t": "<time>"}]`, `[null, {"t": "2026-01-02T03:04:05Z"}]`, true},
		{`["a"]`, `["a", "b"]`, false},
		{`["b", "..."]`, `["a", "b"]`, true},
		{`[{"id": "<x>", "n": 2}, {"id": "<y>", "n": 1}, "..."]`, `[{"id": "p", "n": 1}, {"id": "q", "n": 2}]`, true},
		{`["<x>", "<x>"]`, `["a", "b"]`, false},
		{`plain {known}`, "a plain k\n", true},
		{`~^a.*k$`, "a plain k", true},
		{`{"a": 1}`, `<html>`, false},
	}
	for _, c := range cases {
		if why := match(c.want, []byte(c.got), map[string]any{"known": "k"}); (why == "") != c.holds {
			t.Errorf("%s against %s: %q", c.want, c.got, why)
		}
	}
}
