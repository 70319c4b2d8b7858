package bootstrap

import (
	"context"

	"cumulet/keystone"
)

// roles are those that the services' policies ask for, each implying the next but for service. As keystone/cmd/bootstrap.py.
var roles = []struct{ name, implies string }{
	{"reader", ""}, {"member", "reader"}, {"manager", "member"}, {"admin", "manager"}, {"service", ""},
}

// floor makes the default domain and the roles.
func (b *Bootstrap) floor(ctx context.Context) error {
	_, err := b.Resource.Domain(ctx, keystone.DefaultDomain)
	if missing(&err) {
		d := keystone.NewDomain("Default", "The default domain")
		d.ID = keystone.DefaultDomain
		_, err = b.Resource.CreateDomain(ctx, d)
	}
	if err != nil {
		return err
	}
	ids := map[string]string{}
	for _, r := range roles {
		if ids[r.name], err = b.role(ctx, r.name); err != nil {
			return err
		}
		if r.implies == "" {
			continue
		}
		i := keystone.ImpliedRole{PriorID: ids[r.name], ImpliedID: ids[r.implies]}
		_, _, err = b.Assignment.Implied(ctx, i)
		if missing(&err) {
			err = b.Assignment.Imply(ctx, i)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// role makes a role that cannot be changed, unless it is there.
func (b *Bootstrap) role(ctx context.Context, name string) (id string, err error) {
	r, err := b.Assignment.RoleByName(ctx, "", name)
	if missing(&err) {
		r, err = b.Assignment.CreateRole(ctx, keystone.Role{Name: name, Options: map[string]any{keystone.Immutable: true}})
	}
	return r.ID, err
}
