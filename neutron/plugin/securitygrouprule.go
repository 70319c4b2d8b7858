package plugin

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"cumulet/neutron"
	"cumulet/oslo/fault"
)

// SecurityGroupRules lists rules. The caller's project gets its default group when it has none yet.
func (p *Plugin) SecurityGroupRules(ctx context.Context, q neutron.Query, projectID string) ([]neutron.SecurityGroupRule, error) {
	if err := p.ensureDefaultGroup(ctx, projectID); err != nil {
		return nil, err
	}
	return p.DB.SecurityGroupRules(ctx, q)
}

// SecurityGroupRule finds a rule within a scope.
func (p *Plugin) SecurityGroupRule(ctx context.Context, as neutron.Scope, id string) (neutron.SecurityGroupRule, error) {
	return p.DB.SecurityGroupRule(ctx, as, id)
}

// CreateSecurityGroupRules makes rules, all or none.
func (p *Plugin) CreateSecurityGroupRules(ctx context.Context, as neutron.Scope, drafts []neutron.Draft[neutron.SecurityGroupRule]) ([]neutron.SecurityGroupRule, error) {
	posted := map[ruleKey]bool{}
	groups := map[string]bool{}
	for i := range drafts {
		if err := checkRule(&drafts[i].Of); err != nil {
			return nil, err
		}
		groups[drafts[i].Of.GroupID] = true
		key := keyOf(drafts[i].Of)
		if posted[key] {
			return nil, neutron.Conflict("DuplicateSecurityGroupRuleInPost", "Duplicate Security Group Rule in POST.")
		}
		posted[key] = true
	}
	if len(groups) > 1 {
		return nil, invalidRule("SecurityGroupNotSingleGroupRules", "Only allowed to update rules for one security profile at a time")
	}
	return createAll(ctx, p, drafts, func(w *work, d neutron.Draft[neutron.SecurityGroupRule]) (neutron.SecurityGroupRule, error) {
		return w.createRule(ctx, as, d.Of)
	})
}

func (w *work) createRule(ctx context.Context, as neutron.Scope, r neutron.SecurityGroupRule) (neutron.SecurityGroupRule, error) {
	g, err := w.SecurityGroup(ctx, as, r.GroupID)
	if err != nil {
		return r, err
	}
	if r.RemoteGroupID != "" {
		if _, err := w.SecurityGroup(ctx, as, r.RemoteGroupID); err != nil {
			return r, err
		}
	}
	for _, o := range g.Rules {
		if keyOf(o) == keyOf(r) {
			return r, neutron.Conflict("SecurityGroupRuleExists", "Security group rule already exists. Rule id is %s.", o.ID)
		}
	}
	if err := w.admit(ctx, r.ProjectID, "security_group_rule", 1); err != nil {
		return r, err
	}
	r.ID, r.GroupProjectID = newID(), g.ProjectID
	w.made(&r.Revision, &r.CreatedAt, &r.UpdatedAt)
	if err := w.InsertSecurityGroupRule(ctx, r); err != nil {
		return r, fmt.Errorf("create security group rule %q: %w", r.ID, err)
	}
	if err := w.Touch(ctx, "security_groups", g.ID); err != nil {
		return r, err
	}
	w.tellGroups(g.ID)
	return r, w.Record(ctx, "security_group_rule.create.end", r)
}

// DeleteSecurityGroupRule removes a rule.
func (p *Plugin) DeleteSecurityGroupRule(ctx context.Context, as neutron.Scope, id string, ifRevision *int) error {
	return p.tx(ctx, func(w *work) error {
		r, err := w.SecurityGroupRule(ctx, as, id)
		if err != nil {
			return err
		}
		if err := (neutron.Change[neutron.SecurityGroupRule]{IfRevision: ifRevision}).Holds(r.Revision); err != nil {
			return err
		}
		if err := w.DeleteSecurityGroupRule(ctx, id); err != nil {
			return fmt.Errorf("delete security group rule %q: %w", id, err)
		}
		if err := w.Touch(ctx, "security_groups", r.GroupID); err != nil {
			return err
		}
		w.tellGroups(r.GroupID)
		return w.Record(ctx, "security_group_rule.delete.end", r)
	})
}

func invalidRule(name, format string, args ...any) error {
	return fault.New(fault.Invalid, name, format, args...)
}

// checkRule is what must hold of a rule; it is brought to its canonical form.
// As neutron/db/securitygroups_db.py, _validate_security_group_rule.
func checkRule(r *neutron.SecurityGroupRule) error {
	if r.EtherType == "IPv6" {
		switch r.Protocol {
		case "icmp", "icmpv6":
			r.Protocol = "ipv6-icmp"
		case "1":
			r.Protocol = "58"
		}
	}
	if r.PortMin != nil && r.PortMax != nil && *r.PortMin == 1 && *r.PortMax == 65535 {
		r.PortMin, r.PortMax = nil, nil
	}
	if err := checkPorts(*r); err != nil {
		return err
	}
	if r.RemotePrefix != "" {
		prefix, err := netip.ParsePrefix(r.RemotePrefix)
		if err != nil || prefix.Addr().Is4() != (r.EtherType == "IPv4") {
			return invalidRule("SecurityGroupRuleParameterConflict", "Conflicting value ethertype %s for CIDR %s", r.EtherType, r.RemotePrefix)
		}
	}
	if r.EtherType == "IPv4" && (strings.HasPrefix(r.Protocol, "ipv6-") || r.Protocol == "icmpv6" ||
		slices.Contains([]string{"41", "43", "44", "58", "59", "60"}, r.Protocol)) {
		return invalidRule("SecurityGroupEthertypeConflictWithProtocol", "Invalid ethertype %s for protocol %s.", r.EtherType, r.Protocol)
	}
	if r.RemotePrefix != "" && r.RemoteGroupID != "" {
		return invalidRule("SecurityGroupMultipleRemoteEntites",
			"Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided.")
	}
	return nil
}

// checkPorts is what must hold of ports, or of ICMP type and code.
func checkPorts(r neutron.SecurityGroupRule) error {
	if r.PortMin == nil && r.PortMax == nil {
		return nil
	}
	if r.Protocol == "" {
		return invalidRule("SecurityGroupProtocolRequiredWithPorts", "Must also specify protocol if port range is given.")
	}
	switch number := neutron.ProtocolNumber(r.Protocol, r.EtherType); number {
	case 6, 17, 33, 132, 136: // tcp, udp, dccp, sctp, udplite
		switch {
		case r.PortMin != nil && *r.PortMin == 0 || r.PortMax != nil && *r.PortMax == 0:
			return invalidRule("SecurityGroupInvalidPortValue", "Invalid value for port 0")
		case r.PortMin == nil || r.PortMax == nil || *r.PortMin > *r.PortMax:
			return invalidRule("SecurityGroupInvalidPortRange", "For TCP/UDP protocols, port_range_min must be <= port_range_max")
		}
	case 1, 58:
		for _, v := range []struct {
			field, attribute string
			value            *int
		}{{"type", "port_range_min", r.PortMin}, {"code", "port_range_max", r.PortMax}} {
			if v.value != nil && (*v.value < 0 || *v.value > 255) {
				return invalidRule("SecurityGroupInvalidIcmpValue",
					"Invalid value for ICMP %s (%s) %d. It must be 0 to 255.", v.field, v.attribute, *v.value)
			}
		}
		if r.PortMin == nil {
			return invalidRule("SecurityGroupMissingIcmpType",
				"ICMP code (port-range-max) %d is provided but ICMP type (port-range-min) is missing.", *r.PortMax)
		}
	default:
		return invalidRule("SecurityGroupInvalidProtocolForPort", "Ports cannot be specified for protocol %s. "+
			"Ports are only supported for DCCP, SCTP, TCP, UDP, UDPLITE.", r.Protocol)
	}
	return nil
}

// ruleKey is what two rules must not share.
type ruleKey struct {
	group, etherType, remoteGroup, remotePrefix string
	direction                                   neutron.Direction
	protocol, low, high                         int
}

func keyOf(r neutron.SecurityGroupRule) ruleKey {
	k := ruleKey{
		group: r.GroupID, etherType: r.EtherType, remoteGroup: r.RemoteGroupID, remotePrefix: r.RemotePrefix,
		direction: r.Direction, protocol: -1, low: -1, high: -1,
	}
	if r.Protocol != "" {
		k.protocol = neutron.ProtocolNumber(r.Protocol, r.EtherType)
	}
	if r.PortMin != nil {
		k.low = *r.PortMin
	}
	if r.PortMax != nil {
		k.high = *r.PortMax
	}
	if k.remotePrefix == "0.0.0.0/0" || k.remotePrefix == "::/0" {
		k.remotePrefix = ""
	}
	return k
}
