package federation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cumulet/keystone"
	"cumulet/keystone/db"
	"cumulet/keystone/federation/mapping"
	"cumulet/keystone/identity"
	"cumulet/oslo/fault"
)

// Vouched is what an identity provider says of somebody, once it is known to have said so.
type Vouched struct {
	ProviderID, ProtocolID string
	Issuer                 string // what it calls itself
	Subject                string // what it calls them, where no mapping has another name
	Attributes             map[string][]string
}

// SignIn is who somebody is here. For a user of keystone's own, whom a mapping may name, federated is nil.
func (m *Manager) SignIn(ctx context.Context, v Vouched) (u keystone.User, federated *keystone.Federated, err error) {
	p, mappingID, err := m.trusted(ctx, v)
	if err != nil {
		return u, nil, err
	}
	who, err := m.mapped(ctx, v, mappingID)
	if fault.Is(err, fault.Invalid) {
		err = keystone.Unauthorized(err)
	}
	if err != nil {
		return u, nil, err
	}
	if who.User.Local {
		u, err = m.Identity.UserMeant(ctx, identity.Login{
			UserID: who.User.ID, UserName: who.User.Name, DomainID: who.User.Domain.ID, DomainName: who.User.Domain.Name,
		})
		return u, nil, err
	}
	groups, err := m.groups(ctx, who, mappingID)
	if err != nil {
		return u, nil, err
	}
	if u, err = m.shadow(ctx, p, v, who.User, groups); err != nil {
		return u, nil, err
	}
	if err := m.provision(ctx, p, u, who.Projects); err != nil {
		return u, nil, err
	}
	return u, &keystone.Federated{IdentityProviderID: p.ID, ProtocolID: v.ProtocolID, GroupIDs: groups}, nil
}

// trusted is the identity provider, if it is one that may vouch for anybody: it is there, enabled, and called as it must be; with the
// mapping of the protocol.
func (m *Manager) trusted(ctx context.Context, v Vouched) (p keystone.IdentityProvider, mappingID string, err error) {
	if p, err = m.IdentityProvider(ctx, v.ProviderID); err != nil {
		return p, "", err
	}
	if !p.Enabled {
		return p, "", keystone.Forbidden("Identity Provider %s is disabled", p.ID)
	}
	protocol, err := m.FederationProtocol(ctx, p.ID, v.ProtocolID)
	if err != nil || len(p.RemoteIDs) == 0 {
		return p, protocol.MappingID, err
	}
	called := []string{v.Issuer}
	if protocol.RemoteIDAttribute != nil && *protocol.RemoteIDAttribute != "" {
		called = v.Attributes[*protocol.RemoteIDAttribute]
	}
	if len(called) != 1 || !slices.Contains(p.RemoteIDs, called[0]) {
		err = keystone.Forbidden("Incoming identity provider identifier not included among the accepted identifiers.")
	}
	return p, protocol.MappingID, err
}

// mapped is who somebody is by a mapping.
func (m *Manager) mapped(ctx context.Context, v Vouched, mappingID string) (mapping.Mapped, error) {
	one, err := m.Mapping(ctx, mappingID)
	if err != nil {
		return mapping.Mapped{}, err
	}
	rules, err := mapping.Parse(one.Rules)
	if err != nil {
		return mapping.Mapped{}, err
	}
	return mapping.Apply(one.ID, rules, v.Attributes)
}

// groups are the ids of the groups that a mapping gives. Of those that it names by ids all must be there; by names, those that are.
func (m *Manager) groups(ctx context.Context, who mapping.Mapped, mappingID string) ([]string, error) {
	ids := slices.Clone(who.GroupIDs)
	for _, id := range ids {
		_, err := m.Identity.Group(ctx, id)
		if fault.Is(err, fault.NotFound) {
			err = keystone.Unauthorized(fmt.Errorf("group %s returned by mapping %s was not found", id, mappingID))
		}
		if err != nil {
			return nil, err
		}
	}
	for _, g := range who.Groups {
		domainID := g.Domain.ID
		if domainID == "" {
			d, err := m.DomainByName(ctx, g.Domain.Name)
			if err != nil {
				return nil, err
			}
			domainID = d.ID
		}
		found, err := m.Identity.Groups(ctx, keystone.Query{}.And("domain_id", domainID).And("name", g.Name))
		if err != nil {
			return nil, err
		}
		if len(found) == 1 && !slices.Contains(ids, found[0].ID) {
			ids = append(ids, found[0].ID)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

var errUnnamed = errors.New("neither the mapping nor the identity provider names the user")

// shadow is the user that is kept here for who is vouched for; they are made at their first sign-in.
func (m *Manager) shadow(
	ctx context.Context, p keystone.IdentityProvider, v Vouched, who mapping.User, groups []string,
) (u keystone.User, err error) {
	name := who.Name
	if name == "" {
		name = v.Subject
	}
	unique := who.ID
	switch {
	case unique == "" && name == "":
		return u, keystone.Unauthorized(errUnnamed)
	case name == "":
		name = unique
	case unique == "":
		unique = name
	}
	const longest = 255
	if unique = quoted(unique); len(unique) > longest || len(name) > longest {
		return u, keystone.Unauthorized(fmt.Errorf("a user's name or id is longer than %d bytes", longest))
	}
	called := keystone.FederatedUser{IdentityProviderID: p.ID, ProtocolID: v.ProtocolID, UniqueID: unique, DisplayName: name}
	known, err := m.FederatedUser(ctx, p.ID, v.ProtocolID, unique)
	if err != nil {
		return u, err
	}
	if known.UserID == "" {
		if called.UserID, err = m.welcome(ctx, p, called, who.Email); err != nil {
			return u, err
		}
	} else {
		called.UserID = known.UserID
	}
	if err := m.remember(ctx, p, known, called, groups); err != nil {
		return u, err
	}
	u, err = m.Identity.User(ctx, called.UserID)
	if err == nil && who.Email != "" && u.Extra["email"] != who.Email {
		u, err = m.Identity.UpdateUser(ctx, u.ID, keystone.UserChange{Extra: map[string]any{"email": who.Email}})
	}
	return u, err
}

// quoted is a text as Python's urllib.parse.quote writes it: ids are made of it.
func quoted(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("_.-~/", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// welcome makes a user of the identity provider's domain. Their id follows from what they are called, as upstream's. Another identity
// provider of the same domain that calls somebody so does not mean them.
func (m *Manager) welcome(ctx context.Context, p keystone.IdentityProvider, called keystone.FederatedUser, email string) (string, error) {
	mapped, _ := keystone.Mapped(p.DomainID, called.UniqueID, keystone.ToUser)
	u := keystone.User{ID: mapped.PublicID, DomainID: p.DomainID, Name: mapped.PublicID, Enabled: true, CreatedAt: m.Now()}
	if email != "" {
		u.Extra = map[string]any{"email": email}
	}
	called.UserID = u.ID
	err := m.Tx(ctx, func(tx *db.Tx) error {
		if err := tx.InsertUser(ctx, u); err != nil {
			return err
		}
		if err := tx.PutFederatedUser(ctx, called); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.user.created", u)
	})
	if !fault.Is(err, fault.Conflict) {
		return u.ID, err
	}
	again, lookErr := m.FederatedUser(ctx, p.ID, called.ProtocolID, called.UniqueID)
	if lookErr == nil && again.UserID != "" { // made by another request in this very moment
		return again.UserID, nil
	}
	return "", errors.Join(keystone.Unauthorized(err), lookErr)
}

// remember keeps what a user is called now, and the groups that were told of.
func (m *Manager) remember(ctx context.Context, p keystone.IdentityProvider, known, called keystone.FederatedUser, groups []string) error {
	if known == called && len(groups) == 0 {
		return nil
	}
	return m.Tx(ctx, func(tx *db.Tx) error {
		if known != called {
			if err := tx.PutFederatedUser(ctx, called); err != nil {
				return err
			}
		}
		anew, err := m.anew(ctx, tx, p, called.UserID, groups)
		if err != nil {
			return err
		}
		for _, id := range groups {
			in := keystone.ExpiringMembership{UserID: called.UserID, GroupID: id, IdentityProviderID: p.ID, LastVerified: m.Now()}
			if err := tx.PutExpiringMembership(ctx, in); err != nil {
				return err
			}
		}
		if !anew && known == called {
			return nil
		}
		u, err := tx.User(ctx, called.UserID)
		if err != nil {
			return err
		}
		return tx.Record(ctx, "identity.user.updated", u) // else what was concluded before would be remembered
	})
}

// anew tells whether a user comes into a group by being told of in it: they are not, or not any more.
func (m *Manager) anew(ctx context.Context, tx *db.Tx, p keystone.IdentityProvider, userID string, groups []string) (bool, error) {
	lasts := db.ExpiringMembership{ExpiringMembership: keystone.ExpiringMembership{LastVerified: m.Now()}, AuthorizationTTL: p.AuthorizationTTL}
	if len(groups) == 0 || !m.Now().Before(lasts.Ends(m.Config.DefaultAuthorizationTTL)) {
		return false, nil // what ends as it begins counts for nothing
	}
	had, err := tx.ExpiringMemberships(ctx, userID)
	for _, id := range groups {
		if !slices.ContainsFunc(had, func(e db.ExpiringMembership) bool {
			return e.GroupID == id && e.IdentityProviderID == p.ID && m.Now().Before(e.Ends(m.Config.DefaultAuthorizationTTL))
		}) {
			return true, err
		}
	}
	return false, err
}

// provision makes the projects that a mapping has a user be in, with their roles there. Nothing is made unless all roles are there, and
// the identity provider's domain may give them.
func (m *Manager) provision(ctx context.Context, p keystone.IdentityProvider, u keystone.User, projects []mapping.Project) error {
	if len(projects) == 0 {
		return nil
	}
	all, err := m.Roles(ctx, keystone.Query{})
	if err != nil {
		return err
	}
	roles := map[string]keystone.Role{}
	for _, r := range all {
		if r.DomainID == "" || r.DomainID == p.DomainID {
			roles[r.Name] = r
		}
	}
	for _, project := range projects {
		for _, name := range project.Roles {
			if _, there := roles[name]; !there {
				return keystone.Unauthorized(fmt.Errorf("the mapping gives the role %q, which is not there, or of another domain", name))
			}
		}
	}
	for _, wanted := range projects {
		project, err := m.ProjectByName(ctx, p.DomainID, wanted.Name)
		if fault.Is(err, fault.NotFound) {
			project, err = m.Resource.CreateProject(ctx, keystone.Project{Name: wanted.Name, DomainID: p.DomainID, Enabled: true})
		}
		if err != nil {
			return err
		}
		for _, name := range wanted.Roles {
			grant := keystone.Assignment{
				ActorKind: keystone.ToUser, ActorID: u.ID, ScopeKind: keystone.OnProject, ScopeID: project.ID, RoleID: roles[name].ID,
			}
			if have, err := m.Assigned(ctx, grant); err != nil || have {
				if err != nil {
					return err
				}
				continue
			}
			if err := m.Assignment.Grant(ctx, grant); err != nil {
				return err
			}
		}
	}
	return nil
}

// Stands refuses what an identity provider vouched for that is gone or disabled since.
func (m *Manager) Stands(ctx context.Context, f keystone.Federated) error {
	p, err := m.IdentityProvider(ctx, f.IdentityProviderID)
	if err == nil && !p.Enabled {
		err = keystone.Unauthorized(errors.New("the identity provider is disabled"))
	}
	return err
}
