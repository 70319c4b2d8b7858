package plugin

import (
	"context"
	"fmt"

	"cumulet/neutron"
)

// SecurityGroups lists groups. The caller's project gets its default group when it has none yet.
func (p *Plugin) SecurityGroups(ctx context.Context, q neutron.Query, projectID string) ([]neutron.SecurityGroup, error) {
	if err := p.ensureDefaultGroup(ctx, projectID); err != nil {
		return nil, err
	}
	return p.DB.SecurityGroups(ctx, q)
}

// SecurityGroup finds a group within a scope.
func (p *Plugin) SecurityGroup(ctx context.Context, as neutron.Scope, id string) (neutron.SecurityGroup, error) {
	return p.DB.SecurityGroup(ctx, as, id)
}

// ensureDefaultGroup gives a project its default group, without a transaction when it has one.
func (p *Plugin) ensureDefaultGroup(ctx context.Context, projectID string) error {
	if projectID == "" {
		return nil
	}
	id, err := p.DB.DefaultGroupID(ctx, projectID)
	if err != nil || id != "" {
		return err
	}
	return p.tx(ctx, func(w *work) error {
		_, err := w.defaultGroup(ctx, projectID)
		return err
	})
}

// defaultGroup is a project's default group, made when there is none: it lets everything out, and in what comes from itself.
func (w *work) defaultGroup(ctx context.Context, projectID string) (string, error) {
	if projectID == "" {
		return "", nil
	}
	id, err := w.DefaultGroupID(ctx, projectID)
	if err != nil || id != "" {
		return id, err
	}
	g := neutron.SecurityGroup{
		ProjectID: projectID, Name: neutron.DefaultGroup, Description: "Default security group", Stateful: true,
	}
	if err := w.insertGroup(ctx, &g, true); err != nil {
		return "", err
	}
	return g.ID, w.SetDefaultGroup(ctx, g)
}

// CreateSecurityGroups makes groups, all or none.
func (p *Plugin) CreateSecurityGroups(ctx context.Context, as neutron.Scope, drafts []neutron.Draft[neutron.SecurityGroup]) ([]neutron.SecurityGroup, error) {
	return createAll(ctx, p, drafts, func(w *work, d neutron.Draft[neutron.SecurityGroup]) (neutron.SecurityGroup, error) {
		g := d.Of
		if _, err := w.defaultGroup(ctx, g.ProjectID); err != nil {
			return g, err
		}
		if err := w.admit(ctx, g.ProjectID, "security_group", 1); err != nil {
			return g, err
		}
		if err := w.admit(ctx, g.ProjectID, "security_group_rule", 2); err != nil {
			return g, err
		}
		return g, w.insertGroup(ctx, &g, false)
	})
}

// insertGroup writes a group with the rules that every group starts with; the default group lets its own members in.
func (w *work) insertGroup(ctx context.Context, g *neutron.SecurityGroup, isDefault bool) error {
	g.ID = newID()
	w.made(&g.Revision, &g.CreatedAt, &g.UpdatedAt)
	g.Revision = 1
	for _, etherType := range []string{"IPv4", "IPv6"} {
		g.Rules = append(g.Rules, w.rule(*g, neutron.Egress, etherType, ""))
		if isDefault {
			g.Rules = append(g.Rules, w.rule(*g, neutron.Ingress, etherType, g.ID))
		}
	}
	if err := w.InsertSecurityGroup(ctx, *g); err != nil {
		return fmt.Errorf("create security group %q: %w", g.ID, err)
	}
	return w.Record(ctx, "security_group.create.end", g)
}

func (w *work) rule(g neutron.SecurityGroup, d neutron.Direction, etherType, remote string) neutron.SecurityGroupRule {
	r := neutron.SecurityGroupRule{
		ID: newID(), ProjectID: g.ProjectID, GroupID: g.ID, GroupProjectID: g.ProjectID,
		Direction: d, EtherType: etherType, RemoteGroupID: remote, Implicit: true,
	}
	w.made(&r.Revision, &r.CreatedAt, &r.UpdatedAt)
	return r
}

// UpdateSecurityGroup changes a group.
func (p *Plugin) UpdateSecurityGroup(ctx context.Context, as neutron.Scope, id string, change neutron.Change[neutron.SecurityGroup]) (neutron.SecurityGroup, error) {
	var g neutron.SecurityGroup
	err := p.tx(ctx, func(w *work) error {
		old, err := w.SecurityGroup(ctx, as, id)
		if err != nil {
			return err
		}
		if err := change.Holds(old.Revision); err != nil {
			return err
		}
		if old.Name == neutron.DefaultGroup && change.Given["name"] {
			return neutron.Conflict("SecurityGroupCannotUpdateDefault", "Updating default security group not allowed.")
		}
		g = old
		change.Apply(&g)
		if g.Stateful != old.Stateful {
			if err := w.groupFree(ctx, id); err != nil {
				return err
			}
		}
		w.changed(&g.Revision, &g.UpdatedAt)
		if err := w.UpdateSecurityGroup(ctx, g); err != nil {
			return fmt.Errorf("update security group %q: %w", id, err)
		}
		w.tellGroups(id)
		return w.Record(ctx, "security_group.update.end", g)
	})
	return g, err
}

func (w *work) groupFree(ctx context.Context, id string) error {
	used, err := w.GroupInUse(ctx, id)
	if err == nil && used {
		err = neutron.Conflict("SecurityGroupInUse", "Security Group %s in use.", id)
	}
	return err
}

// DeleteSecurityGroup removes a group that no port has; the default group only for administrators.
func (p *Plugin) DeleteSecurityGroup(ctx context.Context, as neutron.Scope, id string, ifRevision *int) error {
	return p.tx(ctx, func(w *work) error {
		g, err := w.SecurityGroup(ctx, as, id)
		if err != nil {
			return err
		}
		if err := (neutron.Change[neutron.SecurityGroup]{IfRevision: ifRevision}).Holds(g.Revision); err != nil {
			return err
		}
		if err := w.groupFree(ctx, id); err != nil {
			return err
		}
		if g.Name == neutron.DefaultGroup && !as.All {
			return neutron.Conflict("SecurityGroupCannotRemoveDefault", "Insufficient rights for removing default security group.")
		}
		naming, err := w.SecurityGroupRules(ctx, neutron.By("remote_group_id", id))
		if err != nil {
			return err
		}
		for _, r := range naming { // rules that let its members in go with it
			if err := w.DeleteSecurityGroupRule(ctx, r.ID); err != nil {
				return err
			}
			w.tellGroups(r.GroupID)
		}
		if err := w.DeleteSecurityGroup(ctx, id); err != nil {
			return fmt.Errorf("delete security group %q: %w", id, err)
		}
		w.tellGroups(id)
		return w.Record(ctx, "security_group.delete.end", g)
	})
}
