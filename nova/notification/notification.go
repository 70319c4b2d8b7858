// Package notification says what nova tells on the bus of its events, in the two forms that upstream has: the older one
// (nova/compute/utils.py, nova/notifications/base.py) and the versioned one (nova/notifications/objects). It sends nothing; see
// oslo/notification.
//
// Left out: compute.instance.exists and what else tells no change.
package notification

import (
	"encoding/json"
	"fmt"
	"strings"

	"cumulet/nova"
	"cumulet/oslo/notification"
)

// Translator puts events into upstream's words.
type Translator struct {
	Config nova.Config
	Host   string // this one's name, for what no other host tells
	// ImageURL is what images' addresses begin with: "http://cloud/image".
	ImageURL string
}

// Translate says what is told of an event.
func (t *Translator) Translate(e notification.Event) ([]notification.Notification, error) {
	var all []notification.Notification
	var err error
	noun, _, _ := strings.Cut(e.Name, ".")
	switch noun {
	case "server":
		all, err = t.server(e)
	case "scheduler":
		all, err = t.scheduled(e)
	case "keypair":
		all, err = t.keypair(e)
	case "flavor":
		all, err = t.flavor(e)
	case "server_group":
		all, err = t.serverGroup(e)
	case "aggregate":
		all, err = t.aggregate(e)
	case "service":
		all, err = service(e)
	}
	if err != nil {
		return nil, fmt.Errorf("tell of %s: %w", e.Name, err)
	}
	var wanted []notification.Notification
	for _, n := range all {
		if n.Topic == notification.Versioned && t.Config.TellsVersioned() || n.Topic == notification.Unversioned && t.Config.TellsUnversioned() {
			n.Context = true
			wanted = append(wanted, n)
		}
	}
	return wanted, nil
}

// decode reads what an event carries.
func decode[N any](e notification.Event) (N, error) {
	var n N
	err := json.Unmarshal(e.Payload, &n)
	return n, err
}

// legacy is a notification of the older form.
func legacy(publisher, kind string, payload map[string]any) notification.Notification {
	return notification.Notification{Publisher: publisher, Type: kind, Priority: priority(kind), Payload: payload}
}

// versioned is a notification of the versioned form; source is the role that tells, on a host: "nova-compute:host-1".
func versioned(source, kind string, payload object) notification.Notification {
	return notification.Notification{
		Topic: notification.Versioned, Publisher: source, Type: kind, Priority: priority(kind), Payload: payload.primitive(),
	}
}

func priority(kind string) notification.Priority {
	if strings.HasSuffix(kind, ".error") {
		return notification.Error
	}
	return notification.Info
}

// object is a versioned object; as oslo_versionedobjects/base.py, obj_to_primitive.
type object struct {
	name, version string
	data          map[string]any
}

func (o object) primitive() map[string]any {
	return map[string]any{
		"nova_object.name": o.name, "nova_object.namespace": "nova", "nova_object.version": o.version, "nova_object.data": o.data,
	}
}

// with is the object with more data, under another name.
func (o object) with(name, version string, more map[string]any) object {
	data := make(map[string]any, len(o.data)+len(more))
	for k, v := range o.data {
		data[k] = v
	}
	for k, v := range more {
		data[k] = v
	}
	return object{name: name, version: version, data: data}
}
