// Package notification says what keystone tells on the bus of its events: as keystone/notifications.py, in the CADF form that
// auditors read (DMTF DSP0262) or the basic one. It sends nothing; see oslo/notification.
package notification

import (
	"encoding/json"
	"fmt"
	"strings"

	"cumulet/keystone"
	"cumulet/oslo/notification"
)

// publisher is who tells; as _get_notifier.
const publisher = "identity"

// Translator puts events into upstream's words.
type Translator struct {
	Config keystone.Config
	// ObserverID is the identity service's in the catalog.
	ObserverID string
}

// Translate says what is told of an event: nothing of what upstream keeps to itself, as implied roles, revoked tokens,
// domains' configurations, limits and what endpoints a project was given.
func (t *Translator) Translate(e notification.Event) ([]notification.Notification, error) {
	var all []notification.Notification
	var err error
	switch e.Name {
	case "identity.authenticate":
		all, err = t.signIn(e)
	case "identity.role_assignment.created", "identity.role_assignment.deleted":
		all, err = t.assignment(e)
	case "identity.group.user_added", "identity.group.user_removed":
		all, err = t.membership(e)
	case "identity.domain.updated": // a domain is a project that acts as one, and both are told
		all = append(t.change(e, "project", "updated", nil), t.change(e, "domain", "updated", nil)...)
	case "identity.consumer.created", "identity.consumer.updated", "identity.consumer.deleted":
		all = t.change(e, "OS-OAUTH1:consumer", strings.TrimPrefix(e.Name, "identity.consumer."), nil)
	default:
		parts := strings.Split(e.Name, ".")
		if len(parts) == 3 && typeURIs[parts[1]] != "" {
			all = t.change(e, parts[1], parts[2], nil)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("tell of %s: %w", e.Name, err)
	}
	return all, nil
}

// change is what is told of a noun; as _create_cadf_payload and _send_notification.
func (t *Translator) change(e notification.Event, noun, operation string, actor map[string]any) []notification.Notification {
	kind := "identity." + noun + "." + operation
	if !t.Config.Tells(kind) {
		return nil
	}
	if t.Config.NotificationFormat == keystone.Basic {
		payload := map[string]any{"resource_info": e.Resource}
		for name, value := range actor {
			payload[name] = value
		}
		if e.Actor != nil {
			payload["request_id"] = e.RequestID
		}
		return []notification.Notification{info(kind, payload)}
	}
	c := t.cadf(e, kind, operation+"."+noun, keystone.Success)
	c.Target = resource{ID: e.Resource, TypeURI: typeURIs[noun]}
	return []notification.Notification{info(kind, c.with(map[string]any{"resource_info": e.Resource}))}
}

// membership is an update of the group; as Audit.added_to.
func (t *Translator) membership(e notification.Event) ([]notification.Notification, error) {
	var m keystone.Membership
	if err := json.Unmarshal(e.Payload, &m); err != nil {
		return nil, err
	}
	operation := "added"
	if strings.HasSuffix(e.Name, "removed") {
		operation = "removed"
	}
	actor := map[string]any{"actor_id": m.UserID, "actor_type": "user", "actor_operation": operation}
	return t.change(e, "group", "updated", actor), nil
}

// assignment is told in CADF's form always; as CadfRoleAssignmentNotificationWrapper.
func (t *Translator) assignment(e notification.Event) ([]notification.Notification, error) {
	var a keystone.Assignment
	if err := json.Unmarshal(e.Payload, &a); err != nil {
		return nil, err
	}
	if !t.Config.Tells(e.Name) || a.ScopeKind != keystone.OnProject && a.ScopeKind != keystone.OnDomain {
		return nil, nil
	}
	_, operation, _ := strings.Cut(strings.TrimPrefix(e.Name, "identity."), ".")
	c := t.cadf(e, e.Name, operation+".role_assignment", keystone.Success)
	c.Target = resource{ID: made(e, "target"), TypeURI: accountUser}
	more := map[string]any{"role": a.RoleID, "inherited_to_projects": a.Inherited}
	if a.ScopeKind == keystone.OnProject {
		more["project"] = a.ScopeID
	} else {
		more["domain"] = a.ScopeID
	}
	if a.ActorKind == keystone.ToUser {
		more["user"] = a.ActorID
	} else {
		more["group"] = a.ActorID
	}
	return []notification.Notification{info(e.Name, c.with(more))}, nil
}

// signIn is told in CADF's form always, of the user who was named; as CadfNotificationWrapper.
func (t *Translator) signIn(e notification.Event) ([]notification.Notification, error) {
	var s keystone.SignIn
	if err := json.Unmarshal(e.Payload, &s); err != nil {
		return nil, err
	}
	if !t.Config.Tells(e.Name + "." + string(s.Outcome)) {
		return nil, nil
	}
	c := t.cadf(e, e.Name, "authenticate", s.Outcome)
	c.Target = resource{ID: made(e, "target"), TypeURI: accountUser}
	c.Initiator.ID, c.Initiator.UserID, c.Initiator.UserName = resourceUUID(s.UserID), s.UserID, s.UserName
	if s.Reason != "" {
		c.Reason = &reason{Type: s.Reason, Code: "401"}
	}
	return []notification.Notification{info(e.Name, c.with(nil))}, nil
}

func info(kind string, payload any) notification.Notification {
	return notification.Notification{Publisher: publisher, Type: kind, Priority: notification.Info, Payload: payload}
}
