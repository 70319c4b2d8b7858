package messaging

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"
	"time"

	"cumulet/oslo/fault"
)

// order is a message of version 3 that can be read from older senders.
type order struct {
	Name  string         `json:"name"`
	Count int            `json:"count"`
	When  time.Time      `json:"when"`
	More  map[string]any `json:"more"`
	Old   bool           `json:"-"`
}

func (order) Method() string   { return "order" }
func (order) Version() int     { return 3 }
func (o *order) Upgrade(int)   { o.Old = true }
func (fragile) Method() string { return "fragile" }
func (echoed) Method() string  { return "echo" }
func (o order) Refused() error {
	return fault.New(fault.Invalid, "No", "%s", o.Name).With("more", o.More)
}
func (f fragile) First() string { return f.Parts[0] }
func (e echoed) Failure() error { return errors.New(e.Text) }

type fragile struct {
	Parts []string `json:"parts"`
}

type echoed struct {
	Text string `json:"text"`
}

// FuzzEnvelope holds that whatever comes over a wire a server answers with one envelope that can be sent and opened, and
// never panics.
func FuzzEnvelope(f *testing.F) {
	for _, seed := range []string{
		`{"method":"order","version":3,"body":"eyJuYW1lIjoieCJ9"}`, `{"method":"order","version":1,"body":"eyJjb3VudCI6LTF9"}`, `{"method":"order","version":4}`,
		`{"method":"fragile","version":1,"body":"e30="}`, `{"method":"echo","version":1,"body":"eyJ0ZXh0Ijoi/yJ9"}`, `{"method":"x","deadline":1}`,
		`{"method":"order","version":-9223372036854775808,"request_id":"req-\n","trace":"00-\u0000","body":""}`, `{}`, `null`, `[]`, `{"method":"order","deadline":9223372036854775807,"body":"bnVsbA=="}`,
	} {
		f.Add([]byte(seed))
	}
	s := &Server{Topic: "t", Log: slog.New(slog.DiscardHandler)}
	Answer(s, func(_ context.Context, o order) (order, error) {
		if o.Count < 0 {
			return o, o.Refused()
		}
		return o, nil
	})
	Answer(s, func(_ context.Context, f fragile) (string, error) { return f.First(), nil })
	Take(s, func(_ context.Context, e echoed) error { return e.Failure() })
	f.Fuzz(func(t *testing.T, raw []byte) {
		var m Envelope
		if json.Unmarshal(raw, &m) != nil {
			return
		}
		back := s.take(t.Context(), m)
		if back.Method != m.Method || back.RequestID != m.RequestID {
			t.Errorf("%s is answered by %+v", raw, back)
		}
		sent, err := json.Marshal(back)
		if err != nil {
			t.Fatalf("%s: the answer cannot be sent: %v", raw, err)
		}
		var received Envelope
		if err := json.Unmarshal(sent, &received); err != nil {
			t.Fatal(err)
		}
		var out any
		err = open(received, &out)
		if refused := len(back.Fault) > 0 || back.Error != ""; refused != (err != nil) {
			t.Errorf("%s: %+v opens with %v", raw, back, err)
		}
	})
}

// FuzzAnswer holds that whatever a server sends back gives the caller an answer or an error.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"body":"e30="}`, `{"fault":"e30="}`, `{"fault":"eyJraW5kIjoiaW52YWxpZCIsImRldGFpbHMiOnsiYSI6e319fQ=="}`, `{"error":"x"}`, `{}`, `{"fault":"bnVsbA=="}`, `{"fault":"W10="}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var m Envelope
		if json.Unmarshal(raw, &m) != nil {
			return
		}
		var out order
		if err := open(m, &out); err != nil {
			_ = err.Error()
			if f := fault.Of(err); f != nil {
				_, _ = f.With("more", 1).Text, f.Because(err).Error()
			}
		}
	})
}
