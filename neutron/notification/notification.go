// Package notification says what neutron tells on the bus of its events: as upstream's API hook, neutron/pecan_wsgi/hooks/notifier.py,
// with the payloads in the API's words. It sends nothing; see oslo/notification.
package notification

import (
	"encoding/json"
	"fmt"
	"strings"

	"cumulet/neutron"
	"cumulet/neutron/api"
	"cumulet/oslo/notification"
)

// publisher is who tells; as get_notifier('network').
const publisher = "network"

// Translator puts events into upstream's words.
type Translator struct{ API *api.API }

// Translate says what is told of an event. What neutron does by itself, as bringing a port up, it tells nobody: upstream tells
// what callers of the API do.
func (t *Translator) Translate(e notification.Event) ([]notification.Notification, error) {
	switch e.Name {
	case "router.interface.create", "router.interface.delete":
		return routerInterface(e)
	}
	name, action, ok := asked(e.Name)
	if !ok || action == "update" && e.Actor == nil {
		return nil, nil
	}
	told, err := t.API.Told(name, e.Payload)
	if err != nil {
		return nil, fmt.Errorf("tell of %s: %w", e.Name, err)
	}
	if byItself(name, told.Whole) {
		return nil, nil
	}
	start, end := map[string]any{}, map[string]any{name: told.Whole}
	switch action {
	case "create":
		start[name] = told.Created
	case "update":
		start[name], start["id"] = told.Changed, told.ID
	case "delete":
		start[name+"_id"], end[name+"_id"] = told.ID, told.ID
	}
	return []notification.Notification{
		info(name+"."+action+".start", start),
		info(name+"."+action+".end", end),
	}, nil
}

// byItself tells whether neutron made a noun without being asked: a port for a router, for DHCP, for a floating address; a project's
// default group.
func byItself(name string, of map[string]any) bool {
	owner, _ := of["device_owner"].(string)
	return name == "port" && strings.HasPrefix(owner, neutron.OwnerNetwork) || name == "security_group" && of["name"] == "default"
}

// asked parts the name of an event of the API's: "network.create.end".
func asked(event string) (name, action string, ok bool) {
	parts := strings.Split(event, ".")
	if len(parts) != 3 || parts[2] != "end" {
		return "", "", false
	}
	return parts[0], parts[1], parts[1] == "create" || parts[1] == "update" || parts[1] == "delete"
}

// routerInterface is as neutron/db/l3_db.py, notify_router_interface_action.
func routerInterface(e notification.Event) ([]notification.Notification, error) {
	var i neutron.RouterInterface
	if err := json.Unmarshal(e.Payload, &i); err != nil {
		return nil, fmt.Errorf("tell of %s: %w", e.Name, err)
	}
	return []notification.Notification{info(e.Name, map[string]any{"router_interface": api.RouterInterface(i)})}, nil
}

func info(kind string, payload any) notification.Notification {
	return notification.Notification{Publisher: publisher, Type: kind, Priority: notification.Info, Payload: payload, Context: true}
}
