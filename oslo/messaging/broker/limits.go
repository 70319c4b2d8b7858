package broker

import (
	"fmt"
	"strconv"
	"time"
)

// How long a broker keeps what nobody takes, and how much of it.
const (
	TopicAge = 24 * time.Hour
	// HostAge is short: a host that was away longer reads anew what it missed.
	HostAge = time.Hour
	// FanoutLength is how many fanouts wait for a slow listener; it loses the rest.
	FanoutLength = 1024
	// MessageSize bounds an encoded message.
	MessageSize = 8 << 20
	// Deliveries is how often a cast is handed out that no server lives to finish.
	Deliveries = 20
)

// Limits are the options that every transport over a broker takes in its address.
type Limits struct {
	// Prefix parts several clouds on one broker (?prefix=); "cumulet".
	Prefix string
	// Queue is how many casts wait for one target, and how many notifications of one name are kept (?queue_length=); 10,000.
	Queue int
	// Silence is how long a server may be unheard before it is taken for dead (?silence=); 10 s.
	Silence time.Duration
}

// Limits reads them out of the address's options.
func (a Address) Limits() (Limits, error) {
	l := Limits{Prefix: "cumulet", Queue: 10_000, Silence: 10 * time.Second}
	if a.Options.Has("prefix") {
		l.Prefix = a.Options.Get("prefix")
	}
	if l.Prefix == "" || Token(l.Prefix) != l.Prefix {
		return l, fmt.Errorf("broker address: prefix takes letters, digits, - and _")
	}
	var err error
	if text := a.Options.Get("queue_length"); text != "" {
		if l.Queue, err = strconv.Atoi(text); err != nil || l.Queue < 1 {
			return l, fmt.Errorf("broker address: queue_length %q is no count", text)
		}
	}
	if text := a.Options.Get("silence"); text != "" {
		if l.Silence, err = time.ParseDuration(text); err != nil || l.Silence < 100*time.Millisecond {
			return l, fmt.Errorf("broker address: silence %q is no duration of at least 100ms", text)
		}
	}
	return l, nil
}

// Beat is how often a server says that it still has a message.
func (l Limits) Beat() time.Duration { return l.Silence / 3 }

// Age is how long a message for a host, or for any server of a topic, is kept.
func Age(host string) time.Duration {
	if host != "" {
		return HostAge
	}
	return TopicAge
}
