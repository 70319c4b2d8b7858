package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/projects"
	identityroles "github.com/gophercloud/gophercloud/v2/openstack/identity/v3/roles"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/users"
)

// makeAccount makes the demo's project and its user, a member there, unless that was done with this password.
func (s *seed) makeAccount(ctx context.Context, demo *account) error {
	if demo == nil {
		return nil
	}
	if known, err := readAccount(s.data.openrc("demo")); err == nil && known.Password == demo.Password {
		return nil
	}
	project, err := s.accountProject(ctx, demo.Project)
	if err != nil {
		return err
	}
	user, err := s.accountUser(ctx, *demo)
	if err != nil {
		return err
	}
	pages, err := identityroles.List(s.identity, identityroles.ListOpts{Name: "member"}).AllPages(ctx)
	if err != nil {
		return err
	}
	member, err := identityroles.ExtractRoles(pages)
	if err != nil || len(member) == 0 {
		return errors.Join(err, errors.New("there is no role member"))
	}
	return identityroles.Assign(ctx, s.identity, member[0].ID, identityroles.AssignOpts{UserID: user, ProjectID: project}).ExtractErr()
}

// accountProject gives the id of the project of that name, made when missing.
func (s *seed) accountProject(ctx context.Context, name string) (string, error) {
	pages, err := projects.List(s.identity, projects.ListOpts{Name: name, DomainID: "default"}).AllPages(ctx)
	if err != nil {
		return "", err
	}
	found, err := projects.ExtractProjects(pages)
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		return found[0].ID, nil
	}
	made, err := projects.Create(ctx, s.identity, projects.CreateOpts{Name: name, DomainID: "default"}).Extract()
	if err != nil {
		return "", fmt.Errorf("project %s: %w", name, err)
	}
	return made.ID, nil
}

// accountUser gives the id of the user, made when missing, with the password set in any case.
func (s *seed) accountUser(ctx context.Context, a account) (string, error) {
	pages, err := users.List(s.identity, users.ListOpts{Name: a.Username, DomainID: "default"}).AllPages(ctx)
	if err != nil {
		return "", err
	}
	found, err := users.ExtractUsers(pages)
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		_, err := users.Update(ctx, s.identity, found[0].ID, users.UpdateOpts{Password: a.Password}).Extract()
		return found[0].ID, err
	}
	made, err := users.Create(ctx, s.identity, users.CreateOpts{Name: a.Username, Password: a.Password, DomainID: "default"}).Extract()
	if err != nil {
		return "", fmt.Errorf("user %s: %w", a.Username, err)
	}
	return made.ID, nil
}
