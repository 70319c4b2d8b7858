package rest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"
)

// wordy has every word of JSON Schema that is worded here.
var wordy = MustSchema(`{"type": "object", "required": ["name"], "additionalProperties": false, "minProperties": 1, "maxProperties": 6, "properties": {
	"name": {"type": "string", "minLength": 2, "maxLength": 9, "pattern": "^[a-z]*$"}, "kind": {"enum": ["a", 1, null, {"b": []}]},
	"list": {"type": "array", "minItems": 1, "maxItems": 3, "uniqueItems": true, "items": {"oneOf": [{"type": "integer", "minimum": 1, "maximum": 9}, {"type": "number", "multipleOf": 3}]}},
	"any": {"anyOf": [{"format": "uuid"}, {"format": "ip"}, {"format": "cidr"}]}, "not": {"not": {"type": "boolean"}}, "more": {"type": "object", "patternProperties": {"^x": {"format": "base64"}}, "additionalProperties": {"format": "date-time"}}}}`)

// FuzzSchema holds that no body makes the schemas or their wording panic, and that what they say is short and can be sent.
func FuzzSchema(f *testing.F) {
	for _, seed := range []string{
		`{"a": [1, "x"]}`, `{"name": "ab", "list": [1, 1.0]}`, `{"name": "A", "kind": {"b": []}}`, `{"name": "ab", "list": [9, 12, "x"], "any": "::1", "not": true}`, `{"name": "ab", "more": {"x": "eA==", "y": "2026"}}`,
		`{"name": "\ud800'\"\\", "` + strings.Repeat("k", 3000) + `": 1}`, `{"name": "ab", "list": [1e999, -0, 1E400]}`, `[[[[]]]]`, `{"name": null, "any": {}, "more": []}`, `{"name":"ab"} {}`, `{"name":"ab","name":1}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := decode(b)
		if err != nil {
			return
		}
		for _, s := range []*Schema{wordy, thingSchema} {
			wrong := s.Validate(v)
			if wrong == nil {
				continue
			}
			if len(wrong.Message) > 4*maxShown || wrong.Message == "" {
				t.Errorf("%d bytes are said of %d", len(wrong.Message), len(b))
			}
			if _, err := json.Marshal(wrong.Field() + wrong.Message); err != nil || utf8.Valid(b) && !utf8.ValidString(wrong.Message) {
				t.Errorf("%q cannot be sent: %v", wrong.Message, err)
			}
		}
	})
}

// FuzzRequest holds that whatever is asked is answered with JSON and no failure, and what needs a token is not had without.
func FuzzRequest(f *testing.F) {
	for _, seed := range [][5]string{
		{"GET", "/thing/things/x", "p", "things 1.5", ""}, {"POST", "/thing/things", "p", "things latest", `{"name":"x"}`}, {"DELETE", "/thing/things/%2F", "q", "things 1.99", ""}, {"HEAD", "/thing/", "", ",,", ""},
		{"PUT", "/thing//things/..", "p", "things 1.2,things 1.3", "{"}, {"GET", "/thing/things/%00", "p", "", ""}, {"GET", "/things", "p", "x", ""}, {"BREW", "/thing/new/", "p", "things 1.4", "x"}, {"GET", "/thing/forgotten", "", "\x00", ""},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3], seed[4])
	}
	handler := things(f).Config.Handler
	f.Fuzz(func(t *testing.T, method, path, token, version, body string) {
		r, err := http.NewRequestWithContext(t.Context(), method, "http://h", strings.NewReader(body))
		if err != nil {
			return
		}
		target, query, _ := strings.Cut(path, "?")
		if r.URL, err = r.URL.Parse("http://h" + target); err != nil {
			return
		}
		for _, odd := range []string{"/thing/broken", "/thing/panic", "/thing/forgot"} {
			if strings.HasPrefix(r.URL.EscapedPath(), odd) {
				return // which fail for the tests
			}
		}
		r.URL.RawQuery = query
		r.Header.Set("X-Auth-Token", token)
		r.Header[http.CanonicalHeaderKey(versionHeader)] = []string{version}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code >= http.StatusInternalServerError {
			t.Errorf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
		if w.Body.Len() > 0 && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s %s: %s", method, path, w.Body)
		}
		if w.Code/100 == 2 && token != "p" && token != "q" {
			t.Errorf("%s %s is answered with %d to nobody", method, path, w.Code)
		}
	})
}
