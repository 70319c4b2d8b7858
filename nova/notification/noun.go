package notification

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cumulet/nova"
	"cumulet/oslo/notification"
)

// api is who tells of what nova-api does itself.
func (t *Translator) api() string { return "nova-api:" + t.Host }

// keypair is as nova/compute/api.py, KeypairAPI; what starts is told with its end.
func (t *Translator) keypair(e notification.Event) ([]notification.Notification, error) {
	k, err := decode[nova.Keypair](e)
	if err != nil {
		return nil, err
	}
	tenant := e.ProjectID
	if e.Actor != nil {
		tenant = e.Actor.ProjectID
	}
	payload := map[string]any{"tenant_id": orNil(tenant), "user_id": k.UserID, "key_name": k.Name}
	begun := strings.TrimSuffix(e.Name, "end") + "start"
	var all []notification.Notification
	for _, kind := range []string{begun, e.Name} {
		all = append(all, legacy("api", kind, payload), versioned(t.api(), kind, keypairPayload(k)))
	}
	return all, nil
}

func keypairPayload(k nova.Keypair) object {
	return object{"KeypairPayload", "1.0", map[string]any{
		"user_id": k.UserID, "name": k.Name, "fingerprint": orNil(k.Fingerprint), "public_key": orNil(k.PublicKey), "type": cmp.Or(k.Type, "ssh"),
	}}
}

func (t *Translator) flavor(e notification.Event) ([]notification.Notification, error) {
	f, err := decode[nova.Flavor](e)
	return []notification.Notification{versioned(t.api(), e.Name, flavorPayload(f))}, err
}

// flavorPayload tells no projects, which upstream has only where it has loaded them.
func flavorPayload(f nova.Flavor) object {
	return object{"FlavorPayload", "1.4", map[string]any{
		"flavorid": f.ID, "name": f.Name, "memory_mb": f.RAMMiB, "vcpus": f.VCPUs, "root_gb": f.DiskGiB, "ephemeral_gb": f.EphemeralGiB,
		"swap": f.SwapMiB, "rxtx_factor": f.RXTXFactor, "vcpu_weight": 0, "disabled": f.Disabled, "is_public": f.Public,
		"extra_specs": orEmpty(f.ExtraSpecs), "projects": nil, "description": f.Description,
	}}
}

// serverGroup is as nova/objects/instance_group.py, create and destroy.
func (t *Translator) serverGroup(e notification.Event) ([]notification.Notification, error) {
	g, err := decode[nova.ServerGroup](e)
	if err != nil {
		return nil, err
	}
	_, action, _ := strings.Cut(e.Name, ".")
	payload := map[string]any{"server_group_id": g.ID}
	if action == "create" {
		payload["name"], payload["project_id"], payload["user_id"] = g.Name, g.ProjectID, g.UserID
		payload["policy"], payload["policies"] = g.Policy, []string{g.Policy}
	}
	return []notification.Notification{
		legacy("servergroup", "servergroup."+action, payload), versioned(t.api(), e.Name, serverGroupPayload(g)),
	}, nil
}

func serverGroupPayload(g nova.ServerGroup) object {
	rules := map[string]string{}
	if g.MaxPerHost > 0 {
		rules["max_server_per_host"] = fmt.Sprint(g.MaxPerHost)
	}
	return object{"ServerGroupPayload", "1.1", map[string]any{
		"uuid": g.ID, "name": g.Name, "user_id": g.UserID, "project_id": g.ProjectID, "policies": []string{g.Policy},
		"members": listOf(g.Members), "hosts": nil, "policy": g.Policy, "rules": rules,
	}}
}

// versionedActions are what the versioned form calls those of aggregates.
var versionedActions = map[string]string{
	"updateprop": "update_prop", "updatemetadata": "update_metadata", "addhost": "add_host", "removehost": "remove_host",
}

// aggregate is as nova/objects/aggregate.py and nova/compute/api.py, AggregateAPI; what starts is told with its end.
func (t *Translator) aggregate(e notification.Event) ([]notification.Notification, error) {
	a, err := decode[nova.Aggregate](e)
	if err != nil {
		return nil, err
	}
	_, action, _ := strings.Cut(strings.TrimSuffix(e.Name, ".end"), ".")
	of := map[string]any{"aggregate_id": a.ID}
	switch action {
	case "create":
		of["name"] = a.Name
	case "updateprop", "updatemetadata":
		of["meta_data"] = orEmpty(a.Metadata)
	case "addhost", "removehost":
		of["name"] = a.Name
	}
	payload := object{"AggregatePayload", "1.1", map[string]any{
		"id": a.ID, "uuid": a.UUID, "name": a.Name, "hosts": listOf(slices.Clone(a.Hosts)), "metadata": orEmpty(maps.Clone(a.Metadata)),
	}}
	var all []notification.Notification
	for _, phase := range []string{"start", "end"} {
		all = append(all, legacy(fmt.Sprintf("aggregate.%d", a.ID), "aggregate."+action+"."+phase, of),
			versioned(t.api(), "aggregate."+cmp.Or(versionedActions[action], action)+"."+phase, payload))
	}
	return all, nil
}

// service is as nova/objects/service.py, _send_notification. Its version is Zed's (SERVICE_VERSION).
func service(e notification.Event) ([]notification.Notification, error) {
	s, err := decode[nova.Service](e)
	if err != nil {
		return nil, err
	}
	return []notification.Notification{versioned(s.Binary+":"+s.Host, e.Name, object{"ServiceStatusPayload", "1.1", map[string]any{
		"host": s.Host, "binary": s.Binary, "topic": s.Topic, "report_count": s.ReportCount, "disabled": s.Disabled,
		"disabled_reason": s.DisabledReason, "availability_zone": orNil(s.Zone), "last_seen_up": isoTime(s.LastSeen),
		"forced_down": s.ForcedDown, "version": serviceVersion, "uuid": s.ID,
	}})}, nil
}

const serviceVersion = 64
