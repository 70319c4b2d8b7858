package broker_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"cumulet/oslo/messaging"
	"cumulet/oslo/messaging/broker"
)

func TestAddressIsRead(t *testing.T) {
	a, err := broker.ParseAddress("amqps://us%40er:p%2Fw@a:1,b,[::1]:7/v%2Fh?prefix=x&silence=3s")
	if err != nil {
		t.Fatal(err)
	}
	if a.Scheme != "amqps" || a.User != "us@er" || a.Password != "p/w" || a.Path != "v/h" {
		t.Errorf("it is %+v", [...]string{a.Scheme, a.User, a.Password, a.Path})
	}
	if got := strings.Join(a.WithPort("5671"), " "); got != "a:1 b:5671 [::1]:7" {
		t.Errorf("the hosts are %s", got)
	}
	limits, err := a.Limits()
	if err != nil || limits.Prefix != "x" || limits.Silence.Seconds() != 3 || limits.Queue != 10_000 {
		t.Errorf("the limits are %+v, %v", limits, err)
	}
}

func TestPasswordIsNeverPrinted(t *testing.T) {
	a, err := broker.ParseAddress("nats://user:s3cret@host")
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if text := fmt.Sprintf(format, a); strings.Contains(text, "s3cret") || !strings.Contains(text, "host") {
			t.Errorf("%s prints %s", format, text)
		}
	}
	for _, bad := range []string{"s3cret", "nats://u:s3cret@", "nats://u:s3cret%@h", "nats://u:s3cret@h?a=%", "nats://u:s3cret@h/%"} {
		if _, err := broker.ParseAddress(bad); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestUnknownOptionIsRefused(t *testing.T) {
	a, err := broker.ParseAddress("nats://h?dri=/x")
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Only("dir"); err == nil || !strings.Contains(err.Error(), `"dri"`) {
		t.Error(err)
	}
}

func TestTokensDiffer(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{"a.b", "a%2Eb", "a b", "a*b", "a>b", "ä", "a-b", "a_b", "a/b"} {
		token := broker.Token(name)
		if other, taken := seen[token]; taken || strings.ContainsAny(token, ".*> /") {
			t.Errorf("%q becomes %q, as %q", name, token, other)
		}
		seen[token] = name
	}
}

// TestEnvelopeOfANewerReleaseIsUnderstood holds the envelope itself to the rule for messages: more fields do not hurt.
func TestEnvelopeOfANewerReleaseIsUnderstood(t *testing.T) {
	var m messaging.Envelope
	err := json.Unmarshal([]byte(`{"method":"m","version":3,"priority":9,"body":"e30=","fault":null}`), &m)
	if err != nil || m.Method != "m" || m.Version != 3 || string(m.Body) != "{}" {
		t.Errorf("%+v, %v", m, err)
	}
}
