package ldap

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/go-ldap/ldap/v3"

	"cumulet/keystone"
	"cumulet/oslo/fault"
	"cumulet/oslo/turn"
)

// User is the user of a directory's own id.
func (d *Directory) User(ctx context.Context, id string) (keystone.User, error) {
	u, _, err := d.one(ctx, equal(d.users.id, id), id)
	return u, err
}

// UserByName is the user of a name.
func (d *Directory) UserByName(ctx context.Context, name string) (keystone.User, error) {
	u, _, err := d.one(ctx, equal(d.users.attributes["name"], name), name)
	return u, err
}

// one is the one user that a filter takes, with the name of their entry. Of several, none is: who signs in might be another than is
// meant.
func (d *Directory) one(ctx context.Context, filter, called string) (keystone.User, string, error) {
	found, err := d.search(ctx, d.people(all(filter, d.users.entries()), 0))
	if err != nil {
		return keystone.User{}, "", err
	}
	entries := d.real(found)
	if len(entries) > 1 {
		return keystone.User{}, "", d.away(fmt.Errorf("there are %d users %q", len(entries), called))
	}
	if len(entries) == 0 {
		return keystone.User{}, "", keystone.NotFound("user", called)
	}
	users, err := d.persons(ctx, entries)
	if err != nil {
		return keystone.User{}, "", err
	}
	return users[0], entries[0].DN, nil
}

// people is the question for users.
func (d *Directory) people(filter string, limit int) question {
	return question{base: d.users.base, scope: d.scope, filter: filter, attributes: d.users.wanted(), limit: limit}
}

// real are the entries that can be users. The group of those who are enabled is none.
func (d *Directory) real(found []*ldap.Entry) []*ldap.Entry {
	var entries []*ldap.Entry
	group := normal(d.emulation.group)
	for _, e := range found {
		if d.users.known(e) && (d.emulation.group == "" || normal(e.DN) != group) {
			entries = append(entries, e)
		}
	}
	return entries
}

// persons are entries as users.
func (d *Directory) persons(ctx context.Context, entries []*ldap.Entry) ([]keystone.User, error) {
	users := make([]keystone.User, len(entries))
	for i, e := range entries {
		users[i] = d.person(e)
	}
	if d.emulation.group == "" || d.users.attributes["enabled"] == "" || len(users) == 0 {
		return users, nil
	}
	if len(users) == 1 { // the group may be large
		is, err := d.isEmulated(ctx, entries[0].DN, users[0].ID)
		users[0].Enabled = is
		return users, err
	}
	enabled, err := d.emulated(ctx)
	for i, e := range entries {
		key := normal(e.DN)
		if d.emulation.membersAreIDs {
			key = users[i].ID
		}
		users[i].Enabled = enabled[key]
	}
	return users, err
}

// isEmulated tells whether one user is in the group of the enabled.
func (d *Directory) isEmulated(ctx context.Context, dn, id string) (bool, error) {
	member := dn
	if d.emulation.membersAreIDs {
		member = id
	}
	found, err := d.search(ctx, question{
		base: d.emulation.group, scope: ldap.ScopeBaseObject, filter: equal(d.emulation.memberAttribute, member), attributes: []string{"1.1"},
	})
	return len(found) > 0, err
}

// emulated are those who are in the group of the enabled.
func (d *Directory) emulated(ctx context.Context) (map[string]bool, error) {
	members, err := d.members(ctx, d.emulation.group, d.emulation.memberAttribute)
	enabled := map[string]bool{}
	for _, m := range members {
		if !d.emulation.membersAreIDs {
			m = normal(m)
		}
		enabled[m] = true
	}
	return enabled, err
}

// Users lists users.
func (d *Directory) Users(ctx context.Context, q keystone.Query) ([]keystone.User, error) {
	filters, rest := d.users.narrowed(q)
	limit := q.Limit
	if len(rest) > 0 || d.emulation.group != "" { // some of those found may not count
		limit = 0
	}
	found, err := d.search(ctx, d.people(all(filters, d.users.entries(), "("+d.users.id+"=*)"), limit))
	if err != nil {
		return nil, err
	}
	users, err := d.persons(ctx, d.real(found))
	if err != nil {
		return nil, err
	}
	var list []keystone.User
	for _, u := range users {
		if takes(rest, u) && (q.Limit == 0 || len(list) < q.Limit) {
			list = append(list, u)
		}
	}
	return list, nil
}

// Authenticate is nil when a password is the user's. Nobody, the id "", fails like a wrong password and takes as many questions.
func (d *Directory) Authenticate(ctx context.Context, id, password string) error {
	asked := cmp.Or(id, keystone.NewID())
	_, dn, err := d.one(ctx, equal(d.users.id, asked), asked)
	switch {
	case fault.Is(err, fault.NotFound):
		id, dn = "", d.users.id+"="+ldap.EscapeDN(asked)+","+d.users.base
	case err != nil:
		return err
	}
	if password == "" { // a directory would take it for a question without a name
		return keystone.Unauthorized(errors.New("an empty password"))
	}
	err = turn.Aside(ctx, func() error {
		return d.binder.with(ctx, func(conn *ldap.Conn) error { return conn.Bind(dn, password) })
	})
	var refused *ldap.Error
	if errors.As(err, &refused) && !isBroken(err) {
		return keystone.Unauthorized(err)
	}
	if err != nil {
		return d.away(err)
	}
	if id == "" {
		return keystone.Unauthorized(errors.New("no such user"))
	}
	return nil
}
