package notification_test

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"cumulet/keystone"
	"cumulet/keystone/notification"
	oslo "cumulet/oslo/notification"
	"cumulet/oslo/telemetry"
)

func event(t *testing.T, name, resource string, of any) oslo.Event {
	t.Helper()
	payload, err := json.Marshal(of)
	if err != nil {
		t.Fatal(err)
	}
	return oslo.Event{
		Seq: 1, Name: name, At: time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC), Resource: resource, RequestID: "req-1", Payload: payload,
		Actor: &telemetry.Actor{
			UserID: "5b3a0d8a27f34b1c8a3f9c0a7a0e4a11", UserName: "admin", ProjectID: "project-0", Address: "192.0.2.9", Agent: "openstacksdk",
		},
	}
}

func translator(format string, optOut ...string) *notification.Translator {
	return &notification.Translator{
		Config: keystone.Config{NotificationFormat: format, NotificationOptOut: optOut}, ObserverID: "service-1",
	}
}

// told is what a collector reads: types and payloads.
func told(t *testing.T, by *notification.Translator, e oslo.Event) (types []string, payloads []map[string]any) {
	t.Helper()
	all, err := by.Translate(e)
	if err != nil {
		t.Fatal(err)
	}
	for part, n := range all {
		notice, err := n.Notice("keystone", "host-1", e, part)
		if err != nil {
			t.Fatal(err)
		}
		var m struct {
			Publisher string         `json:"publisher_id"`
			Priority  oslo.Priority  `json:"priority"`
			Payload   map[string]any `json:"payload"`
		}
		if err := json.Unmarshal(notice.RawMessage, &m); err != nil || m.Publisher != "identity.host-1" || m.Priority != oslo.Info {
			t.Errorf("%s: %v", notice.RawMessage, err)
		}
		types, payloads = append(types, n.Type), append(payloads, m.Payload)
	}
	return types, payloads
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestChangeIsToldInCADF holds an event to what pycadf makes of the same call of keystone's.
func TestChangeIsToldInCADF(t *testing.T) {
	types, payloads := told(t, translator(keystone.CADF), event(t, "identity.project.created", "project-1", keystone.Project{ID: "project-1"}))
	if !slices.Equal(types, []string{"identity.project.created"}) {
		t.Fatalf("told are %v", types)
	}
	p := payloads[0]
	want := []string{"action", "eventTime", "eventType", "id", "initiator", "observer", "outcome", "resource_info", "target", "typeURI"}
	if got := slices.Sorted(maps.Keys(p)); !slices.Equal(got, want) {
		t.Errorf("it has %v", got)
	}
	for name, want := range map[string]string{
		"action": `"created.project"`, "eventTime": `"2026-01-02T03:04:05.000006+0000"`, "eventType": `"activity"`, "outcome": `"success"`,
		"observer":      `{"id":"service-1","typeURI":"service/security"}`,
		"target":        `{"id":"project-1","typeURI":"data/security/project"}`,
		"resource_info": `"project-1"`, "typeURI": `"http://schemas.dmtf.org/cloud/audit/1.0/event"`,
		"initiator": `{"host":{"address":"192.0.2.9","agent":"openstacksdk"},"id":"5b3a0d8a27f34b1c8a3f9c0a7a0e4a11","project_id":"project-0",` +
			`"request_id":"req-1","typeURI":"service/security/account/user","user_id":"5b3a0d8a27f34b1c8a3f9c0a7a0e4a11","username":"admin"}`,
	} {
		if got := text(t, p[name]); got != want {
			t.Errorf("%s is %s", name, got)
		}
	}
}

func TestChangeIsToldInTheBasicForm(t *testing.T) {
	_, payloads := told(t, translator(keystone.Basic), event(t, "identity.user.deleted", "user-1", keystone.User{ID: "user-1"}))
	if got := text(t, payloads[0]); got != `{"request_id":"req-1","resource_info":"user-1"}` {
		t.Errorf("it is %s", got)
	}
	types, payloads := told(t, translator(keystone.Basic), event(t, "identity.group.user_added", "group-1", keystone.Membership{UserID: "user-1", GroupID: "group-1"}))
	want := `{"actor_id":"user-1","actor_operation":"added","actor_type":"user","request_id":"req-1","resource_info":"group-1"}`
	if got := text(t, payloads[0]); types[0] != "identity.group.updated" || got != want {
		t.Errorf("it is %s %s", types[0], got)
	}
}

func TestAssignmentIsToldInCADFAlways(t *testing.T) {
	a := keystone.Assignment{
		ActorKind: keystone.ToGroup, ActorID: "group-1", ScopeKind: keystone.OnProject, ScopeID: "project-1", RoleID: "role-1",
	}
	types, payloads := told(t, translator(keystone.Basic), event(t, "identity.role_assignment.created", "group-1", a))
	p := payloads[0]
	if types[0] != "identity.role_assignment.created" || p["action"] != "created.role_assignment" || p["group"] != "group-1" || p["user"] != nil ||
		p["project"] != "project-1" || p["role"] != "role-1" || p["inherited_to_projects"] != false {
		t.Errorf("it is %s %v", types[0], p)
	}
}

func TestSignInIsToldWithItsOutcome(t *testing.T) {
	u := keystone.User{ID: "ldap-user", Name: "ann"}
	s := keystone.NewSignIn(u, keystone.Unauthorized(keystone.ErrLocked))
	types, payloads := told(t, translator(keystone.CADF), event(t, "identity.authenticate", u.ID, s))
	p := payloads[0]
	by := p["initiator"].(map[string]any)
	// The id is uuid.uuid5(RESOURCE_ID_NAMESPACE, 'ldap-user').hex
	if types[0] != "identity.authenticate" || p["action"] != "authenticate" || p["outcome"] != "failure" || by["user_id"] != "ldap-user" ||
		by["username"] != "ann" || by["id"] != "428482b93ab35bcdaa96d63d67145ec7" ||
		text(t, p["reason"]) != `{"reasonCode":"401","reasonType":"The account is locked for user: ldap-user."}` {
		t.Errorf("it is %s %v", types[0], p)
	}
	s = keystone.NewSignIn(u, keystone.Unauthorized(errors.New("wrong password")))
	_, payloads = told(t, translator(keystone.CADF), event(t, "identity.authenticate", u.ID, s))
	if payloads[0]["reason"] != nil || strings.Contains(text(t, payloads[0]), "wrong") {
		t.Errorf("a wrong password is told as %v", payloads[0])
	}
}

func TestConsumerIsToldUnderUpstreamsName(t *testing.T) {
	types, payloads := told(t, translator(keystone.CADF), event(t, "identity.consumer.created", "c-1", keystone.Consumer{ID: "c-1"}))
	want := `{"id":"c-1","typeURI":"data/security/account"}`
	if types[0] != "identity.OS-OAUTH1:consumer.created" || payloads[0]["action"] != "created.OS-OAUTH1:consumer" ||
		text(t, payloads[0]["target"]) != want {
		t.Errorf("it is %s %v", types[0], payloads[0])
	}
}

func TestWhoOptsOutIsNotTold(t *testing.T) {
	u := keystone.User{ID: "user-1"}
	for name, e := range map[string]oslo.Event{
		"identity.user.created":         event(t, "identity.user.created", "user-1", u),
		"identity.authenticate.success": event(t, "identity.authenticate", "user-1", keystone.NewSignIn(u, nil)),
	} {
		if types, _ := told(t, translator(keystone.CADF, name), e); len(types) > 0 {
			t.Errorf("told are %v", types)
		}
		if types, _ := told(t, translator(keystone.CADF), e); len(types) != 1 {
			t.Errorf("%s is told as %v", name, types)
		}
	}
}

func TestEveryEventIsToldOrLeftOutOnPurpose(t *testing.T) {
	quiet := []string{
		"identity.implied_role.created", "identity.implied_role.deleted", "identity.token.revoked",
		"identity.domain_config.created", "identity.domain_config.updated", "identity.domain_config.deleted",
		"identity.endpoint_group.created", "identity.endpoint_group.updated", "identity.endpoint_group.deleted",
		"identity.project_endpoint.created", "identity.project_endpoint.deleted",
		"identity.project_endpoint_group.created", "identity.project_endpoint_group.deleted",
		"identity.policy_association.created", "identity.policy_association.deleted",
		"identity.registered_limit.created", "identity.registered_limit.updated", "identity.registered_limit.deleted",
		"identity.identity_provider.created", "identity.identity_provider.updated", "identity.identity_provider.deleted",
		"identity.federation_protocol.created", "identity.federation_protocol.updated", "identity.federation_protocol.deleted",
		"identity.mapping.created", "identity.mapping.updated", "identity.mapping.deleted",
		"identity.service_provider.created", "identity.service_provider.updated", "identity.service_provider.deleted",
		"identity.limit.created", "identity.limit.updated", "identity.limit.deleted",
	}
	for _, kind := range keystone.Events() {
		payload := any(map[string]any{})
		if kind.Payload == "Assignment" {
			payload = keystone.Assignment{ScopeKind: keystone.OnDomain, ScopeID: "domain-1"}
		}
		types, _ := told(t, translator(keystone.CADF), event(t, kind.Name, "x", payload))
		if (len(types) == 0) != slices.Contains(quiet, kind.Name) {
			t.Errorf("%s is told as %v", kind.Name, types)
		}
	}
}
