package api

import (
	"context"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"cumulet/neutron"
	"cumulet/oslo/fault"
	"cumulet/oslo/policy"
)

type securityGroupRule = neutron.SecurityGroupRule

func (a *API) securityGroupRules() *resource[securityGroupRule] {
	return &resource[securityGroupRule]{
		name: "security_group_rule", plural: "security_group_rules", path: "security-group-rules",
		attributes: securityGroupRuleAttributes(),
		fresh:      func() securityGroupRule { return securityGroupRule{EtherType: "IPv4"} },
		project:    func(r *securityGroupRule) *string { return &r.ProjectID },
		around: func(ctx context.Context, as neutron.Scope, r *securityGroupRule) error {
			g, err := a.Plugin.SecurityGroup(ctx, as, r.GroupID)
			r.GroupProjectID = g.ProjectID
			return err
		},
		target: func(r securityGroupRule) policy.Target {
			return policy.Target{
				"project_id": r.ProjectID, "tenant_id": r.ProjectID,
				"security_group:tenant_id": r.GroupProjectID, "security_group:project_id": r.GroupProjectID,
			}
		},
		list:   a.Plugin.SecurityGroupRules,
		find:   a.Plugin.SecurityGroupRule,
		create: a.Plugin.CreateSecurityGroupRules, update: a.unchangedRule, remove: a.Plugin.DeleteSecurityGroupRule,
	}
}

// unchangedRule is a change of a rule that changes nothing: all of a rule's attributes are read-only.
func (a *API) unchangedRule(ctx context.Context, as neutron.Scope, id string, change neutron.Change[securityGroupRule]) (securityGroupRule, error) {
	r, err := a.Plugin.SecurityGroupRule(ctx, as, id)
	if err != nil {
		return r, err
	}
	return r, change.Holds(r.Revision)
}

// securityGroupRuleAttributes are those of neutron/extensions/securitygroup.py.
func securityGroupRuleAttributes() []attribute[securityGroupRule] {
	number := func(name string, of func(*securityGroupRule) **int) attribute[securityGroupRule] {
		at := plain[securityGroupRule](name, post|sorts, portNumber)
		at.set = func(r *securityGroupRule, v any) { *of(r) = v.(*int) }
		at.get = func(r securityGroupRule) any {
			if n := *of(&r); n != nil {
				return *n
			}
			return nil
		}
		return at
	}
	direction := plain[securityGroupRule]("direction", post|must|sorts, oneOf("ingress", "egress"))
	direction.set = func(r *securityGroupRule, v any) { r.Direction = neutron.Direction(v.(string)) }
	direction.get = func(r securityGroupRule) any { return r.Direction }
	description := stringAt("description", post|sorts, text(255), func(r *securityGroupRule) *string { return &r.Description })
	description.get = func(r securityGroupRule) any {
		if r.Implicit {
			return nil
		}
		return r.Description
	}
	return append(standard(
		func(r *securityGroupRule) *string { return &r.ID }, func(r *securityGroupRule) *string { return &r.ProjectID }, nil, nil, nil,
		func(r securityGroupRule) (int, time.Time, time.Time) { return r.Revision, r.CreatedAt, r.UpdatedAt }),
		direction, description,
		stringAt("security_group_id", post|must|sorts, text(36), func(r *securityGroupRule) *string { return &r.GroupID }),
		nullString("remote_group_id", post|sorts, text(36), func(r *securityGroupRule) *string { return &r.RemoteGroupID }),
		nullString("remote_address_group_id", post|sorts, noAddressGroup, func(r *securityGroupRule) *string { return &r.RemoteAddresses }),
		stringAt("ethertype", post|sorts, etherType, func(r *securityGroupRule) *string { return &r.EtherType }),
		nullString("protocol", post|sorts, protocol, func(r *securityGroupRule) *string { return &r.Protocol }),
		number("port_range_min", func(r *securityGroupRule) **int { return &r.PortMin }),
		number("port_range_max", func(r *securityGroupRule) **int { return &r.PortMax }),
		nullString("remote_ip_prefix", post|sorts, remotePrefix, func(r *securityGroupRule) *string { return &r.RemotePrefix }),
		shown("normalized_cidr", 0, func(r securityGroupRule) any {
			if p, err := netip.ParsePrefix(r.RemotePrefix); err == nil {
				return p.Masked().String()
			}
			return nil
		}),
	)
}

var noAddressGroup = kind{check: func(v any) (any, error) {
	return nil, fault.New(fault.NotFound, "AddressGroupNotFound", "Address group %s could not be found.", python(v))
}}

var etherType = kind{check: func(v any) (any, error) {
	for _, known := range []string{"IPv4", "IPv6"} {
		if s, ok := v.(string); ok && strings.EqualFold(s, known) {
			return known, nil
		}
	}
	return nil, fault.New(fault.Invalid, "SecurityGroupRuleInvalidEtherType",
		"Security group rule for ethertype '%s' not supported. Allowed values are ['IPv4', 'IPv6'].", python(v))
}}

var protocol = kind{check: func(v any) (any, error) {
	s := strings.ToLower(python(v))
	if _, isText := v.(string); !isText {
		if _, err := strconv.Atoi(s); err != nil {
			s = "?"
		}
	}
	if !neutron.KnownProtocol(s) {
		return nil, fault.New(fault.Invalid, "SecurityGroupRuleInvalidProtocol", "Security group rule protocol %s not supported. "+
			"Only protocol values %s and integer representations [0 to 255] are supported.", python(v), strings.Join(neutron.Protocols(), ", "))
	}
	return s, nil
}}

var portNumber = kind{filter: integer.filter, check: func(v any) (any, error) {
	if v == nil {
		return (*int)(nil), nil
	}
	n, err := toInt(v)
	if _, isBool := v.(bool); err != nil || isBool || n.(int) < 0 || n.(int) > 65535 {
		return nil, fault.New(fault.Invalid, "SecurityGroupInvalidPortValue", "Invalid value for port %s", python(v))
	}
	number := n.(int)
	return &number, nil
}}

var remotePrefix = kind{check: func(v any) (any, error) {
	s, _ := v.(string)
	if s == "" {
		return "", nil
	}
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.String(), nil
	}
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a, a.BitLen()).String(), nil
	}
	return nil, fault.New(fault.Invalid, "InvalidCIDR", "Invalid CIDR %s given as IP prefix.", python(v))
}}
