package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"
)

// beside is what keystone is asked, beside net/http that answers as many bytes.
type beside struct {
	row
	bytes int
	limit time.Duration // processor time of net/http for each
}

// identity is what was measured of keystone.
type identity struct {
	rows []beside
	// validations were asked for one after another; before and after are the process's memory.
	validations   int64
	before, after int64
}

// crowd is how many things there are in the cloud whose keystone is measured.
const (
	crowdUsers, crowdProjects, crowdGroups = 1000, 1000, 100
	crowdServices, crowdRegions            = 30, 3
)

func measureIdentity(ctx context.Context, o options) (i identity, err error) {
	c, err := startCloud(ctx, o.binary, "fake", 1, "")
	if err != nil {
		return i, err
	}
	defer func() { err = errors.Join(err, c.wipe()) }()
	user, err := c.crowd(ctx)
	if err != nil {
		return i, err
	}
	byToken := func(int64) any {
		return map[string]any{"auth": map[string]any{"identity": map[string]any{"methods": []string{"token"}, "token": map[string]any{"id": c.token}}}}
	}
	validate := func(revoked int) measurement {
		return measurement{
			name: fmt.Sprintf("token validate, %d revocations", revoked), reference: "14-21 ms CPU", do: c.getting("/identity/v3/auth/tokens?nocatalog"),
		}
	}
	for _, m := range []struct {
		revoked int // so many before
		measurement
	}{
		{0, validate(0)}, {1000, validate(1000)}, {100_000, validate(100_000)},
		{0, measurement{name: "token issue, by a token, without catalog", do: c.posting("/identity/v3/auth/tokens?nocatalog", byToken)}},
		{0, measurement{name: "token issue, by a password used before, with catalog", reference: "230 ms CPU",
			do: c.posting("/identity/v3/auth/tokens", func(int64) any { return c.credentials() })}},
		{0, measurement{name: fmt.Sprintf("GET /users of %d", crowdUsers), do: c.getting("/identity/v3/users")}},
		{0, measurement{name: fmt.Sprintf("GET /projects of %d", crowdProjects), reference: "12-18 ms CPU (of a few)", do: c.getting("/identity/v3/projects")}},
		{0, measurement{name: fmt.Sprintf("effective assignments of a user in %d groups, %d projects", crowdGroups, crowdProjects),
			do: c.getting("/identity/v3/role_assignments?effective&user.id=" + user)}},
		{0, measurement{name: fmt.Sprintf("GET /users of %d, made anew", crowdUsers), do: c.gettingAnew("/identity/v3/users?")}},
		{0, measurement{name: fmt.Sprintf("GET /projects of %d, made anew", crowdProjects), do: c.gettingAnew("/identity/v3/projects?")}},
		{0, measurement{name: "those effective assignments, made anew", do: c.gettingAnew("/identity/v3/role_assignments?effective&user.id=" + user)}},
		{0, measurement{name: fmt.Sprintf("GET /auth/catalog of %d services in %d regions", crowdServices, crowdRegions), do: c.getting("/identity/v3/auth/catalog")}},
	} {
		if err := c.revoke(ctx, m.revoked); err != nil {
			return i, err
		}
		one, err := c.besideBytes(ctx, m.measurement, o.span)
		if err != nil {
			return i, err
		}
		i.rows = append(i.rows, one)
	}
	return i, i.validate(ctx, c, o.validations)
}

// besideBytes measures something, and net/http that answers as many bytes.
func (c *cloud) besideBytes(ctx context.Context, m measurement, span time.Duration) (b beside, err error) {
	say("measuring %s", m.name)
	answer := &lengths{next: c.client.Transport}
	c.client.Transport = answer
	err = m.do(ctx, 0)
	c.client.Transport = answer.next
	if err != nil {
		return b, err
	}
	b.bytes = answer.bytes
	m.clients, m.of, m.target = 8, c.process, "2.5 times"
	if b.row, err = m.run(ctx, span); err != nil {
		return b, err
	}
	l, err := startLimit(ctx, fmt.Sprintf("bytes:%d", b.bytes))
	if err != nil {
		return b, err
	}
	r, err := measurement{name: "limit", clients: 8, of: l.process, do: c.getting(l.url)}.run(ctx, span/2)
	b.limit = r.cpu
	return b, errors.Join(err, l.stop())
}

// lengths counts the bytes of an answer's body.
type lengths struct {
	next  http.RoundTripper
	bytes int
}

func (l *lengths) RoundTrip(r *http.Request) (*http.Response, error) {
	a, err := l.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	a.Body = &counted{a.Body, &l.bytes}
	return a, nil
}

type counted struct {
	io.ReadCloser
	bytes *int
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.ReadCloser.Read(b)
	*c.bytes += n
	return n, err
}

// validate asks for so many validations and looks at the memory before and after.
func (i *identity) validate(ctx context.Context, c *cloud, n int64) (err error) {
	say("validating %d times", n)
	i.validations = n
	do := c.getting("/identity/v3/auth/tokens?nocatalog")
	if i.before, err = c.pss(); err != nil {
		return err
	}
	var all errgroup.Group
	const clients = 8
	for range clients {
		all.Go(func() error {
			for range n / clients {
				if err := do(ctx, 0); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := all.Wait(); err != nil {
		return err
	}
	i.after, err = c.pss()
	return err
}

// crowd fills the cloud; one user is in all groups, which have a role in some projects each.
func (c *cloud) crowd(ctx context.Context) (user string, err error) {
	say("making %d users, %d projects, %d groups", crowdUsers, crowdProjects, crowdGroups)
	var roles struct{ Roles []struct{ ID string } }
	if _, err := c.ask(ctx, "GET", "/identity/v3/roles?name=member", nil, &roles); err != nil {
		return "", err
	}
	users, err := c.makeMany(ctx, "user", crowdUsers, nil)
	if err != nil {
		return "", err
	}
	projects, err := c.makeMany(ctx, "project", crowdProjects, nil)
	if err != nil {
		return "", err
	}
	groups, err := c.makeMany(ctx, "group", crowdGroups, nil)
	if err != nil {
		return "", err
	}
	for i, g := range groups {
		if _, err := c.ask(ctx, "PUT", "/identity/v3/groups/"+g+"/users/"+users[0], nil, nil); err != nil {
			return "", err
		}
		for _, p := range projects[i*crowdProjects/crowdGroups : (i+1)*crowdProjects/crowdGroups] {
			if _, err := c.ask(ctx, "PUT", "/identity/v3/projects/"+p+"/groups/"+g+"/roles/"+roles.Roles[0].ID, nil, nil); err != nil {
				return "", err
			}
		}
	}
	return users[0], c.bigCatalog(ctx)
}

func (c *cloud) bigCatalog(ctx context.Context) error {
	for r := range crowdRegions {
		if _, err := c.ask(ctx, "POST", "/identity/v3/regions", map[string]any{"region": map[string]any{"id": fmt.Sprint("bench", r)}}, nil); err != nil {
			return err
		}
	}
	services, err := c.makeMany(ctx, "service", crowdServices, func(i int) map[string]any { return map[string]any{"type": fmt.Sprint("bench", i)} })
	if err != nil {
		return err
	}
	_, err = c.makeMany(ctx, "endpoint", crowdServices*crowdRegions*3, func(i int) map[string]any {
		return map[string]any{
			"service_id": services[i%crowdServices], "region_id": fmt.Sprint("bench", i/crowdServices%crowdRegions),
			"interface": []string{"public", "internal", "admin"}[i/crowdServices/crowdRegions], "url": fmt.Sprintf("http://bench/%d/$(project_id)s", i),
		}
	})
	return err
}

// makeMany makes things of a noun, and gives their ids.
func (c *cloud) makeMany(ctx context.Context, noun string, n int, with func(i int) map[string]any) ([]string, error) {
	ids := make([]string, n)
	var all errgroup.Group
	all.SetLimit(8)
	for i := range n {
		all.Go(func() error {
			members := map[string]any{"name": fmt.Sprintf("bench-%d", i)}
			if with != nil {
				for name, value := range with(i) {
					members[name] = value
				}
			}
			var made map[string]struct{ ID string }
			_, err := c.ask(ctx, "POST", "/identity/v3/"+noun+"s", map[string]any{noun: members}, &made)
			ids[i] = made[noun].ID
			return err
		})
	}
	return ids, all.Wait()
}

// revoke has keystone know of so many tokens more that were given back. By the API each would be a token first.
func (c *cloud) revoke(ctx context.Context, n int) (err error) {
	if n == 0 {
		return nil
	}
	file, err := sql.Open("sqlite", "file:"+filepath.Join(c.data, "db", "keystone.db")+"?_txlock=immediate&_pragma=busy_timeout(10000)")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	tx, err := file.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	now := time.Now().UTC().Format("2006-01-02 15:04:05.999999+00:00")
	for i := range n {
		if _, err := tx.ExecContext(ctx, "INSERT INTO revocation (kind, subject, issued_before, revoked_at) VALUES ('audit_id', ?, ?, ?)", fmt.Sprintf("bench-%d-%d", n, i), now, now); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit()
}
