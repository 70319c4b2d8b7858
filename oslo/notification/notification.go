package notification

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"cumulet/oslo/db"
	"cumulet/oslo/messaging"
	"cumulet/oslo/telemetry"
)

// Event is an entry of a service's event log.
type Event = db.Event

// Priority is how urgent a notification is; it ends the topic's name, in lower case.
type Priority string

// The priorities that services use.
const (
	Info  Priority = "INFO"
	Error Priority = "ERROR"
)

// Notification is what is told of an event.
type Notification struct {
	// Topic is Unversioned when empty.
	Topic Topic
	// Publisher is who tells, without a host's name: "network" becomes "network.host-1". One with a colon or a dot stays as it is.
	Publisher string
	Type      string // "network.create.end"
	Priority  Priority
	Payload   any
	// Context is whether the asker's context is told along: keystone and glance tell none.
	Context bool
}

// Topic is a kind of notifications; the configuration says what the bus calls it.
type Topic string

// The kinds: as every service has them, and nova's versioned ones.
const (
	Unversioned Topic = ""
	Versioned   Topic = "versioned"
)

// space is the namespace of message ids.
var space = uuid.MustParse("6f9c7a5e-0d0b-5b3f-9d53-7c1f0a8e2b44")

// id is a notification's message id: the same whenever this event is told, and that of no other. The time parts clouds that were
// made anew, with numbers from 1, in the eyes of a collector that was not.
func id(service string, e Event, part int) uuid.UUID {
	return uuid.NewSHA1(space, fmt.Appendf(nil, "%s/%d/%d/%d", service, e.Seq, e.At.UnixMicro(), part))
}

// timestamp is Python's str of a datetime without a zone; as oslo_messaging/notify/notifier.py, _notify.
func timestamp(t time.Time) string {
	t = t.UTC()
	if t.Nanosecond() < 1000 {
		return t.Format("2006-01-02 15:04:05")
	}
	return t.Format("2006-01-02 15:04:05.000000")
}

// Notice lays a notification out as oslo.messaging does; as oslo_messaging/notify/notifier.py, _notify, and
// oslo_messaging/_drivers/amqp.py, _add_unique_id and pack_context. service and part, its number among those of one event, make its id.
func (n Notification) Notice(service, host string, e Event, part int) (messaging.Notice, error) {
	id := id(service, e, part)
	m := map[string]any{
		"message_id": id.String(), "publisher_id": n.publisherOn(host), "event_type": n.Type, "priority": string(n.Priority),
		"payload": n.Payload, "timestamp": timestamp(e.At), "_unique_id": fmt.Sprintf("%x", id[:]),
	}
	if n.Context {
		for name, value := range contextOf(e) {
			m["_context_"+name] = value
		}
	}
	body, err := json.Marshal(m)
	if err != nil {
		return messaging.Notice{}, fmt.Errorf("encode notification %s: %w", n.Type, err)
	}
	return messaging.Notice{RawMessage: body}, nil
}

func (n Notification) publisherOn(host string) string {
	for _, c := range n.Publisher {
		if c == '.' || c == ':' {
			return n.Publisher
		}
	}
	return n.Publisher + "." + host
}

// contextOf is the asker's context as services send it, without what is secret; as oslo_messaging/notify/notifier.py,
// _sanitize_context, and oslo_context/context.py, to_dict.
func contextOf(e Event) map[string]any {
	a := e.Actor
	if a == nil {
		a = &telemetry.Actor{ProjectID: e.ProjectID}
	}
	roles := a.Roles
	if roles == nil {
		roles = []string{}
	}
	return map[string]any{
		"request_id": orNil(e.RequestID), "user": orNil(a.UserID), "user_id": orNil(a.UserID), "user_name": orNil(a.UserName),
		"project": orNil(a.ProjectID), "project_id": orNil(a.ProjectID), "tenant": orNil(a.ProjectID), "project_name": orNil(a.ProjectName),
		"domain": orNil(a.DomainID), "user_domain": orNil(a.UserDomainID), "project_domain": orNil(a.ProjectDomainID), "roles": roles,
		"timestamp": e.At.UTC().Format("2006-01-02T15:04:05.000000"),
	}
}

func orNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}
