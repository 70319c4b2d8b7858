package rest

import (
	"encoding/json"
	"testing"
)

func TestPartsArePutTogether(t *testing.T) {
	t.Parallel()
	one, empty := json.RawMessage(`{"a":1}`), json.RawMessage("{}")
	for want, got := range map[string]json.RawMessage{
		`{"a":1,"b":{"a":1}}`:   With(one, "b", one),
		`{"b":{"a":1}}`:         With(empty, "b", one),
		`{"b":[]}`:              WithList(empty, "b", nil),
		`{"a":1,"b":[{"a":1}]}`: WithList(one, "b", []json.RawMessage{one}),
		`{"b":[{"a":1},{}]}`:    WithList(empty, "b", []json.RawMessage{one, empty}),
	} {
		if string(got) != want {
			t.Errorf("%s, want %s", got, want)
		}
		if cap(got) > len(got)+2 {
			t.Errorf("%s: room for %d bytes, %d needed", got, cap(got), len(got))
		}
	}
	if string(one) != `{"a":1}` {
		t.Errorf("a part was changed: %s", one)
	}
}
