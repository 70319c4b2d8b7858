package broker_test

import (
	"context"
	"log/slog"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cumulet/oslo/messaging"
	"cumulet/oslo/messaging/broker"
)

// FuzzAddress holds that no address makes the reader panic, that none shows its password, and that names become tokens which
// mean nothing to a broker and can be told apart.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{
		"nats://u:p%40ss@a:1,b:2/x?prefix=y", "amqp://[::1]:5672/%2F", "rabbit://", "nats://@", "nats://h?silence=1h&queue_length=-1", "x://u:@h", "nats://a@b@c:d", "://", "nats://h/?prefix=a.b",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if token := broker.Token(text); strings.ContainsAny(token, ".*> /#\x00\n") {
			t.Errorf("%q becomes %q", text, token)
		} else if back, err := url.PathUnescape(token); err != nil || back != text {
			t.Errorf("%q becomes %q, which is %q", text, token, back)
		}
		const secret = "correct horse battery staple"
		a, err := broker.ParseAddress(strings.Replace(text, "@", url.PathEscape(secret)+"@", 1))
		if err != nil {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the error shows the password: %v", err)
			}
			return
		}
		if strings.Contains(a.Password, secret) && (strings.Contains(a.String(), secret) || strings.Contains(a.GoString(), url.PathEscape(secret))) {
			t.Errorf("%q shows its password", a.String())
		}
		if l, err := a.Limits(); err == nil && (l.Queue < 1 || l.Silence <= 0 || l.Beat() <= 0 || l.Prefix == "") {
			t.Errorf("%q has the limits %+v", text, l)
		}
		if len(a.WithPort("4222")) != len(a.Hosts) || len(a.Hosts) == 0 {
			t.Errorf("%q has the hosts %q", text, a.Hosts)
		}
	})
}

// FuzzDesk holds that every message that a broker hands out is done or given back once, whatever it is.
func FuzzDesk(f *testing.F) {
	for _, seed := range []string{`{"method":"m","body":"e30="}`, `{`, ``, `null`, `{"method":1}`, `{"unfinished":true,"method":"back"}`} {
		f.Add([]byte(seed))
	}
	log := slog.New(slog.DiscardHandler)
	f.Fuzz(func(t *testing.T, message []byte) {
		desk := broker.NewDesk(1, time.Hour, log, func(_ context.Context, m messaging.Envelope) messaging.Envelope {
			return messaging.Envelope{Method: m.Method, Unfinished: m.Method == "back"}
		})
		var done, back atomic.Int32
		j := &broker.Job{Message: message, Done: func(_, _ messaging.Envelope) { done.Add(1) }, Back: func() { back.Add(1) }}
		desk.Hold(j)
		desk.Work(t.Context(), j)
		desk.Close()
		if done.Load()+back.Load() != 1 {
			t.Errorf("done %d times, given back %d times", done.Load(), back.Load())
		}
	})
}

// FuzzWord holds that no word for a call makes the caller panic or wait longer than it would in silence.
func FuzzWord(f *testing.F) {
	for _, seed := range []string{"", "beat", "again", "nobody", "x"} {
		f.Add(seed, seed, true)
	}
	f.Fuzz(func(t *testing.T, first, second string, ours bool) {
		calls := &broker.Calls{Silence: time.Hour}
		w := calls.Begin()
		defer w.End()
		id := w.ID
		if !ours {
			id += "x"
		}
		for range 3 {
			calls.Hear(id, broker.Word(first), messaging.Envelope{Method: first})
			calls.Hear(id, broker.Word(second), messaging.Envelope{Method: second})
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		answer, word, err := w.Answer(ctx, messaging.Topic("t"))
		if !ours && (err == nil || answer.Method != "") {
			t.Errorf("hears %q, %q for another", word, answer.Method)
		}
	})
}
