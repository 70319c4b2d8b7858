package api

import (
	"encoding/json"
	"fmt"

	"cumulet/neutron"
)

// Told is a noun in the API's words, for who hears of it outside of any request.
type Told struct {
	ID string
	// Whole is all that an administrator sees of it; Created and Changed what of it a POST and a PUT may name.
	Whole, Created, Changed map[string]any
}

// Told puts a noun, as the event log keeps it, into the API's words.
func (a *API) Told(name string, payload []byte) (Told, error) {
	switch name {
	case "network":
		return told(a.networks(), payload)
	case "subnet":
		return told(a.subnets(), payload)
	case "port":
		return told(a.ports(), payload)
	case "router":
		return told(a.routers(), payload)
	case "floatingip":
		return told(a.floatingIPs(), payload)
	case "security_group":
		return told(a.securityGroups(), payload)
	case "security_group_rule":
		return told(a.securityGroupRules(), payload)
	case "agent":
		return told(a.agents(), payload)
	}
	return Told{}, fmt.Errorf("there is no resource %q", name)
}

func told[N any](r *resource[N], payload []byte) (Told, error) {
	var n N
	if err := json.Unmarshal(payload, &n); err != nil {
		return Told{}, fmt.Errorf("decode %s: %w", r.name, err)
	}
	out := Told{Whole: map[string]any{}, Created: map[string]any{}, Changed: map[string]any{}}
	for i := range r.attributes {
		at := &r.attributes[i]
		if at.get == nil {
			continue
		}
		v := at.get(n)
		if v == absent {
			continue
		}
		out.Whole[at.name] = v
		if at.post {
			out.Created[at.name] = v
		}
		if at.put {
			out.Changed[at.name] = v
		}
	}
	out.ID, _ = out.Whole["id"].(string)
	return out, nil
}

// RouterInterface is what joining a router to a subnet, or parting them, answers.
// As neutron/db/l3_db.py, _make_router_interface_info.
func RouterInterface(i neutron.RouterInterface) map[string]any {
	out := map[string]any{
		"id": i.RouterID, "tenant_id": i.ProjectID, "port_id": i.PortID, "network_id": i.NetworkID,
		"subnet_id": nil, "subnet_ids": listOf(i.SubnetIDs),
	}
	if n := len(i.SubnetIDs); n > 0 {
		out["subnet_id"] = i.SubnetIDs[n-1]
	}
	return out
}
