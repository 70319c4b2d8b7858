package notification

import (
	"fmt"

	"github.com/google/uuid"

	"cumulet/keystone"
	"cumulet/oslo/notification"
)

// typeURIs are CADF's types of keystone's nouns; as keystone/notifications.py, CADF_TYPE_MAP.
var typeURIs = map[string]string{
	"group": "data/security/group", "project": "data/security/project", "role": "data/security/role", "user": "data/security/account/user",
	"domain": "data/security/domain", "region": "data/security/region", "endpoint": "data/security/endpoint",
	"service": "data/security/service", "application_credential": "data/security/credential",
	"OS-TRUST:trust":     "data/security/trust",
	"credential":         "unknown", // upstream tells of it without having given it a type
	"OS-OAUTH1:consumer": "data/security/account", "OS-OAUTH1:request_token": "data/security/credential",
	"OS-OAUTH1:access_token": "data/security/credential",
	"policy":                 "data/security/policy",
}

// Types that stand in every event; as pycadf/cadftaxonomy.py and cadftype.py.
const (
	accountUser     = "service/security/account/user"
	serviceSecurity = "service/security"
	eventURI        = "http://schemas.dmtf.org/cloud/audit/1.0/event"
)

// cadfEvent is an audit event; as pycadf/event.py.
type cadfEvent struct {
	ID, Time, Action string
	Outcome          keystone.Outcome
	Initiator        initiator
	Target, Observer resource
	Reason           *reason
}

type resource struct {
	ID      string `json:"id"`
	TypeURI string `json:"typeURI"`
}

type reason struct {
	Type string `json:"reasonType"`
	Code string `json:"reasonCode"`
}

// initiator is who asked; as keystone/notifications.py, build_audit_initiator.
type initiator struct {
	resource
	Host      *host  `json:"host,omitempty"`
	UserID    string `json:"user_id,omitempty"`
	UserName  string `json:"username,omitempty"`
	ProjectID string `json:"project_id,omitempty"`
	DomainID  string `json:"domain_id,omitempty"`
	RequestID string `json:"request_id,omitempty"`
}

type host struct {
	Address string `json:"address,omitempty"`
	Agent   string `json:"agent,omitempty"`
}

// cadf begins the audit event of an event.
func (t *Translator) cadf(e notification.Event, kind, action string, outcome keystone.Outcome) cadfEvent {
	c := cadfEvent{
		ID: made(e, kind), Time: e.At.UTC().Format("2006-01-02T15:04:05.000000+0000"), Action: action, Outcome: outcome,
		Observer:  resource{ID: t.ObserverID, TypeURI: serviceSecurity},
		Initiator: initiator{resource: resource{ID: t.ObserverID, TypeURI: accountUser}, RequestID: e.RequestID},
	}
	if a := e.Actor; a != nil {
		c.Initiator.Host = &host{Address: a.Address, Agent: a.Agent}
		c.Initiator.UserID, c.Initiator.UserName, c.Initiator.ProjectID, c.Initiator.DomainID = a.UserID, a.UserName, a.ProjectID, a.DomainID
		if a.UserID != "" {
			c.Initiator.ID = resourceUUID(a.UserID)
		}
	}
	return c
}

// with is the event as it is told, with what keystone adds to it.
func (c cadfEvent) with(more map[string]any) map[string]any {
	out := map[string]any{
		"typeURI": eventURI, "eventType": "activity", "id": c.ID, "eventTime": c.Time, "action": c.Action, "outcome": c.Outcome,
		"observer": c.Observer, "initiator": c.Initiator, "target": c.Target,
	}
	if c.Reason != nil {
		out["reason"] = c.Reason
	}
	for name, value := range more {
		out[name] = value
	}
	return out
}

// space is the namespace of the ids that are made here.
var space = uuid.MustParse("0c2f1f6e-8d0f-5f0e-9a54-0f6f4f3a7d11")

// made is an id for something of an event: the same whenever the event is told.
func made(e notification.Event, of string) string {
	return uuid.NewSHA1(space, fmt.Appendf(nil, "%d/%d/%s", e.Seq, e.At.UnixMicro(), of)).String()
}

// resourceSpace is the namespace of ids that are no UUIDs; as keystone/common/utils.py, resource_uuid.
var resourceSpace = uuid.MustParse("4332ecab-770b-4288-a680-b9aca3b1b153")

func resourceUUID(id string) string {
	if _, err := uuid.Parse(id); err == nil {
		return id
	}
	made := uuid.NewSHA1(resourceSpace, []byte(id))
	return fmt.Sprintf("%x", made[:])
}
