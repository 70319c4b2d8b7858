package api

import (
	"time"

	"cumulet/neutron"
	"cumulet/oslo/policy"
)

type securityGroup = neutron.SecurityGroup

func (a *API) securityGroups() *resource[securityGroup] {
	return &resource[securityGroup]{
		name: "security_group", plural: "security_groups", path: "security-groups", attributes: securityGroupAttributes(),
		fresh:   func() securityGroup { return securityGroup{Stateful: true} },
		project: func(g *securityGroup) *string { return &g.ProjectID },
		target: func(g securityGroup) policy.Target {
			return policy.Target{"project_id": g.ProjectID, "tenant_id": g.ProjectID}
		},
		list:   a.Plugin.SecurityGroups,
		find:   a.Plugin.SecurityGroup,
		create: a.Plugin.CreateSecurityGroups, update: a.Plugin.UpdateSecurityGroup, remove: a.Plugin.DeleteSecurityGroup,
	}
}

// notDefault is a group's name: the default group's is taken.
var notDefault = kind{check: func(v any) (any, error) {
	s, err := text(255).check(v)
	if err == nil && s == neutron.DefaultGroup {
		return nil, neutron.Conflict("SecurityGroupDefaultAlreadyExists", "Default security group already exists.")
	}
	return s, err
}}

// securityGroupAttributes are those of neutron/extensions/securitygroup.py.
func securityGroupAttributes() []attribute[securityGroup] {
	return append(standard(
		func(g *securityGroup) *string { return &g.ID }, func(g *securityGroup) *string { return &g.ProjectID },
		nil, func(g *securityGroup) *string { return &g.Description },
		func(g *securityGroup) *[]string { return &g.Tags },
		func(g securityGroup) (int, time.Time, time.Time) { return g.Revision, g.CreatedAt, g.UpdatedAt }),
		stringAt("name", post|put|sorts, notDefault, func(g *securityGroup) *string { return &g.Name }),
		boolAt("stateful", post|put|sorts, true, func(g *securityGroup) *bool { return &g.Stateful }),
		shown("shared", 0, func(g securityGroup) any { return g.Shared }),
		shown("security_group_rules", 0, func(g securityGroup) any {
			out := make([]any, len(g.Rules))
			for i, r := range g.Rules {
				rule := map[string]any{"tags": []string{}} // rules have none, but are told with it inside their group
				for _, at := range securityGroupRuleAttributes() {
					rule[at.name] = at.get(r)
				}
				out[i] = rule
			}
			return out
		}),
	)
}
