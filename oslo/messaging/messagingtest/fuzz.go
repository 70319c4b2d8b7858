package messagingtest

import (
	"bytes"
	"encoding/json"
	"testing"
)

// FuzzBodies holds that no body of a message on the bus makes its reading fail otherwise than by an error, and that what was
// read is the same when it is sent on. kinds gives pointers to zero messages, new ones each time, always in the same order.
func FuzzBodies(f *testing.F, kinds func() []any) {
	for i, m := range kinds() {
		b, err := json.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(i), b)
	}
	for i, body := range []string{`null`, `[]`, `{"id":null}`, `{"ID":"x","id":1}`, `{"host":"\ud800"}`, `{"address":"::1%25x"}`, `{"caller":{"roles":[null]}}`, `{"server":{"network":[{}]}}`} {
		f.Add(uint8(i), []byte(body))
	}
	f.Fuzz(func(t *testing.T, kind uint8, body []byte) {
		all := kinds()
		read, again := all[int(kind)%len(all)], kinds()[int(kind)%len(all)]
		if json.Unmarshal(body, read) != nil {
			return
		}
		sent, err := json.Marshal(read)
		if err != nil {
			t.Fatalf("%T of %s cannot be sent on: %v", read, body, err)
		}
		if err := json.Unmarshal(sent, again); err != nil {
			t.Fatalf("%T of %s, sent on, is %s: %v", read, body, sent, err)
		}
		if twice, err := json.Marshal(again); err != nil || !bytes.Equal(twice, sent) {
			t.Errorf("%T of %s becomes %s, then %s: %v", read, body, sent, twice, err)
		}
	})
}
