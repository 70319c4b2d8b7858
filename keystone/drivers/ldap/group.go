package ldap

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"cumulet/keystone"
)

// inChain is Active Directory's rule for who is a member of a group through others. As LDAP_MATCHING_RULE_IN_CHAIN upstream.
const inChain = ":1.2.840.113556.1.4.1941:"

// Group is the group of a directory's own id.
func (d *Directory) Group(ctx context.Context, id string) (keystone.Group, error) {
	e, err := d.groupEntry(ctx, id)
	if err != nil {
		return keystone.Group{}, err
	}
	return d.group(e), nil
}

func (d *Directory) groupEntry(ctx context.Context, id string) (*ldap.Entry, error) {
	found, err := d.groupEntries(ctx, all(equal(d.groups.id, id), d.groups.entries()), 0)
	if err == nil && len(found) == 0 {
		err = keystone.NotFound("group", id)
	}
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// groupEntries are the groups that a filter takes.
func (d *Directory) groupEntries(ctx context.Context, filter string, limit int) ([]*ldap.Entry, error) {
	found, err := d.search(ctx, question{base: d.groups.base, scope: d.scope, filter: filter, attributes: d.groups.wanted(), limit: limit})
	return slices.DeleteFunc(found, func(e *ldap.Entry) bool { return !d.groups.known(e) }), err
}

func (d *Directory) groupList(ctx context.Context, filter string, limit int) ([]keystone.Group, error) {
	found, err := d.groupEntries(ctx, filter, limit)
	groups := make([]keystone.Group, len(found))
	for i, e := range found {
		groups[i] = d.group(e)
	}
	return groups, err
}

// Groups lists groups.
func (d *Directory) Groups(ctx context.Context, q keystone.Query) ([]keystone.Group, error) {
	filters, rest := d.groups.narrowed(q)
	if len(rest) > 0 { // nothing has such an attribute
		return nil, nil
	}
	return d.groupList(ctx, all(filters, d.groups.entries(), "("+d.groups.id+"=*)"), q.Limit)
}

// GroupsOfUser lists the groups a user is in.
func (d *Directory) GroupsOfUser(ctx context.Context, userID string) ([]keystone.Group, error) {
	_, dn, err := d.one(ctx, equal(d.users.id, userID), userID)
	if err != nil {
		return nil, err
	}
	attribute, member := d.memberAttribute, dn
	if d.membersAreIDs {
		member = userID
	}
	if d.nested { // the rule is of this attribute, whatever groups' members are read from
		attribute, member = "member"+inChain, dn
	}
	return d.groupList(ctx, all("("+attribute+"="+ldap.EscapeFilter(member)+")", d.groups.entries()), 0)
}

// UsersInGroup lists the users of a group. Members that are no users are left out.
func (d *Directory) UsersInGroup(ctx context.Context, groupID string) ([]keystone.User, error) {
	group, err := d.groupEntry(ctx, groupID)
	if err != nil {
		return nil, err
	}
	var entries []*ldap.Entry
	if d.nested {
		entries, err = d.search(ctx, d.people(all("(memberOf"+inChain+"="+ldap.EscapeFilter(group.DN)+")", d.users.entries()), 0))
	} else {
		var members []string
		if members, err = d.members(ctx, group.DN, d.memberAttribute); err == nil {
			entries, err = d.named(ctx, members)
		}
	}
	if err != nil {
		return nil, err
	}
	return d.persons(ctx, d.real(entries))
}

// together bounds how many members one question names.
const together = 200

// named are the entries of members. They are asked for by the first part of their names, so many at once, and count only where the
// whole name is a member's.
func (d *Directory) named(ctx context.Context, members []string) ([]*ldap.Entry, error) {
	wanted, filters := map[string]bool{}, []string{}
	for _, m := range members {
		if d.membersAreIDs {
			wanted[m], filters = true, append(filters, equal(d.users.id, m))
			continue
		}
		if first := firstPart(m); first != "" {
			wanted[normal(m)], filters = true, append(filters, first)
		}
	}
	var entries []*ldap.Entry
	for some := range slices.Chunk(filters, together) {
		found, err := d.search(ctx, d.people(all(anyOf(some), d.users.entries()), 0))
		if err != nil {
			return nil, err
		}
		for _, e := range found {
			key := normal(e.DN)
			if d.membersAreIDs {
				key = d.users.idOf(e)
			}
			if wanted[key] {
				entries, wanted[key] = append(entries, e), false // once
			}
		}
	}
	return entries, nil
}

// firstPart is the filter for what the first part of a name says; "" where it is no name.
func firstPart(name string) string {
	dn, err := ldap.ParseDN(name)
	if err != nil || len(dn.RDNs) == 0 {
		return ""
	}
	var parts []string
	for _, a := range dn.RDNs[0].Attributes {
		if !described.MatchString(a.Type) { // it would be part of the filter
			return ""
		}
		parts = append(parts, equal(a.Type, a.Value))
	}
	return all(parts...)
}

// members are the values of a group's attribute. Active Directory gives many in ranges, each under a name of its own.
func (d *Directory) members(ctx context.Context, group, attribute string) ([]string, error) {
	var members []string
	for from := 0; ; {
		asked := attribute
		if from > 0 {
			asked += ";range=" + strconv.Itoa(from) + "-*"
		}
		found, err := d.search(ctx, question{base: group, scope: ldap.ScopeBaseObject, filter: "(objectClass=*)", attributes: []string{asked}})
		if err != nil || len(found) == 0 {
			return members, err
		}
		values, more := ranged(found[0], attribute)
		members = append(members, values...)
		if len(members) > mostEntries {
			return nil, tooMany()
		}
		if !more || len(values) == 0 {
			return members, nil
		}
		from = len(members)
	}
}

// ranged are the values of an attribute, or a range of them; more tells that others follow.
func ranged(e *ldap.Entry, attribute string) (values []string, more bool) {
	for _, a := range e.Attributes {
		name, bounds, isRange := strings.Cut(strings.ToLower(a.Name), ";range=")
		if strings.EqualFold(name, attribute) && len(a.Values) > 0 {
			return a.Values, isRange && !strings.HasSuffix(bounds, "*")
		}
	}
	return nil, false
}

// normal is a name as names are compared: whatever their case and the spaces between their parts.
func normal(dn string) string {
	parsed, err := ldap.ParseDN(dn)
	if err != nil {
		return strings.ToLower(dn)
	}
	return strings.ToLower(parsed.String())
}
