package network

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/gophercloud/gophercloud/v2"

	"cumulet/nova"
	"cumulet/oslo/fault"
	"cumulet/oslo/policy"
)

// CheckSecurityGroups gives the ids of the project's groups of these names or ids, in order; as nova/network/neutron.py,
// _process_security_groups.
func (c *Client) CheckSecurityGroups(ctx context.Context, who policy.Who, groups []string) ([]string, error) {
	if len(groups) == 0 || len(groups) == 1 && groups[0] == "default" {
		return nil, nil // neutron puts a port that names no group into its project's default one
	}
	var answer struct {
		Groups []struct {
			ID   string `json:"id"`
			Name string `json:"name"`
		} `json:"security_groups"`
	}
	query := url.Values{"tenant_id": {who.ProjectID}, "fields": {"id", "name"}}
	if err := get(ctx, c.as(who), "security-groups", query, &answer); err != nil {
		return nil, err
	}
	ids := make([]string, len(groups))
	for i, asked := range groups {
		for _, g := range answer.Groups {
			switch {
			case g.ID == asked:
				ids[i] = g.ID
			case g.Name == asked && ids[i] != "" && ids[i] != asked:
				return nil, fault.New(fault.Conflict, "NoUniqueMatch",
					"Multiple security groups found matching '%s'. Use an ID to be more specific.", asked)
			case g.Name == asked && ids[i] == "":
				ids[i] = g.ID
			}
		}
		if ids[i] == "" {
			return nil, fault.New(fault.Invalid, "SecurityGroupNotFound", "Unable to find security_group with name or id '%s'", asked)
		}
	}
	return ids, nil
}

// nameGroups writes the names of the ports' groups beside their ids. A group that is gone goes by its id.
func (c *Client) nameGroups(ctx context.Context, info nova.NetworkInfo) error {
	var ids []string
	for _, vif := range info {
		ids = append(ids, vif.GroupIDs...)
	}
	groups, err := c.SecurityGroups(ctx, policy.Who{}, ids)
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, g := range groups {
		names[g.ID] = g.Name
	}
	for i := range info {
		info[i].SecurityGroups = slices.Clone(info[i].GroupIDs)
		for j, id := range info[i].GroupIDs {
			if name, known := names[id]; known {
				info[i].SecurityGroups[j] = name
			}
		}
	}
	return nil
}

// SecurityGroups shows groups by their ids, with their rules, by project and name; the groups that rules name are told by
// name. As nova/network/security_group_api.py.
func (c *Client) SecurityGroups(ctx context.Context, who policy.Who, ids []string) ([]nova.SecurityGroup, error) {
	n := c.as(who)
	groups, err := groupsByID(ctx, n, ids)
	if err != nil {
		return nil, err
	}
	known, more := map[string]group{}, []string{}
	for _, g := range groups {
		known[g.ID] = g
	}
	for _, g := range groups {
		for _, r := range g.Rules {
			if _, there := known[r.RemoteGroup]; !there && r.RemoteGroup != "" {
				more = append(more, r.RemoteGroup)
			}
		}
	}
	others, err := groupsByID(ctx, n, more)
	if err != nil {
		return nil, err
	}
	for _, g := range others {
		known[g.ID] = g
	}
	shown := make([]nova.SecurityGroup, len(groups))
	for i, g := range groups {
		shown[i] = g.shown(known)
	}
	slices.SortFunc(shown, func(a, b nova.SecurityGroup) int {
		return cmp.Or(cmp.Compare(a.ProjectID, b.ProjectID), cmp.Compare(a.Name, b.Name))
	})
	return shown, nil
}

// group is a neutron group as far as nova looks.
type group struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	ProjectID   string `json:"project_id"`
	Rules       []struct {
		ID          string `json:"id"`
		Direction   string `json:"direction"`
		EtherType   string `json:"ethertype"`
		Protocol    string `json:"protocol"`
		From        *int   `json:"port_range_min"`
		To          *int   `json:"port_range_max"`
		RemoteGroup string `json:"remote_group_id"`
		RemoteCIDR  string `json:"remote_ip_prefix"`
	} `json:"security_group_rules"`
}

func groupsByID(ctx context.Context, n *gophercloud.ServiceClient, ids []string) ([]group, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	ids = slices.Clone(ids)
	slices.Sort(ids)
	var answer struct {
		Groups []group `json:"security_groups"`
	}
	err := get(ctx, n, "security-groups", url.Values{"id": slices.Compact(ids)}, &answer)
	return answer.Groups, err
}

// shown is a group as compute shows it: with what it lets in.
func (g group) shown(known map[string]group) nova.SecurityGroup {
	s := nova.SecurityGroup{ID: g.ID, Name: g.Name, Description: g.Description, ProjectID: g.ProjectID, Rules: []nova.SecurityGroupRule{}}
	for _, r := range g.Rules {
		remote, there := known[r.RemoteGroup]
		if r.Direction != "ingress" || r.RemoteGroup != "" && !there {
			continue
		}
		rule := nova.SecurityGroupRule{ID: r.ID, Protocol: r.Protocol, From: r.From, To: r.To}
		switch {
		case r.RemoteGroup != "":
			rule.Group, rule.GroupProjectID = remote.Name, remote.ProjectID
		default:
			rule.CIDR = cmp.Or(r.RemoteCIDR, everywhere(r.EtherType))
		}
		if r.Protocol != "" && r.From == nil && r.To == nil {
			rule.From, rule.To = wholeRange(r.Protocol)
		}
		s.Rules = append(s.Rules, rule)
	}
	return s
}

func everywhere(etherType string) string {
	if etherType == "IPv6" {
		return "::/0"
	}
	return "0.0.0.0/0"
}

// wholeRange is how all of a protocol is told; as _convert_to_nova_security_group_rule_format.
func wholeRange(protocol string) (from, to *int) {
	low, high := -1, -1
	if p := strings.ToLower(protocol); p == "tcp" || p == "udp" {
		low, high = 1, 65535
	}
	return &low, &high
}
