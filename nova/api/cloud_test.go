package api_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"cumulet/nova"
	"cumulet/nova/api"
	novadb "cumulet/nova/db"
	"cumulet/nova/manager"
	"cumulet/oslo/db/dbtest"
	"cumulet/oslo/fault"
	"cumulet/oslo/messaging"
	"cumulet/oslo/policy"
)

const (
	imageID   = "70a599e0-31e7-49b7-b260-868f441e862b"
	networkID = "11111111-31e7-49b7-b260-868f441e862b"
	absentID  = "99999999-31e7-49b7-b260-868f441e862b"
)

// tokens is an authenticator that knows callers by their token.
type tokens map[string]policy.Who

func (t tokens) Authenticate(_ context.Context, r *http.Request) (policy.Who, error) {
	if who, ok := t[r.Header.Get("X-Auth-Token")]; ok {
		return who, nil
	}
	return policy.Who{}, fault.New(fault.Unauthorized, "Unauthorized", "no token")
}

// images has one image.
type images struct{}

func (images) Image(_ context.Context, _ policy.Who, id string) (nova.Image, error) {
	if id != imageID {
		return nova.Image{}, fault.New(fault.NotFound, "ImageNotFound", "Image %s could not be found.", id)
	}
	return nova.Image{ID: id, Status: "active", DiskFormat: "qcow2", ContainerFormat: "bare", Properties: map[string]string{}}, nil
}

// networks has one network.
type networks struct{}

func (networks) Check(_ context.Context, _ policy.Who, mode string, asked []nova.RequestedNetwork, _ int) ([]nova.RequestedNetwork, error) {
	for _, r := range asked {
		if r.NetworkID != networkID && r.PortID == "" {
			return nil, fault.New(fault.Invalid, "NetworkNotFound", "Network %s could not be found.", r.NetworkID)
		}
	}
	if mode == nova.NetworksNamed && len(asked) == 0 {
		return []nova.RequestedNetwork{{NetworkID: networkID}}, nil
	}
	return asked, nil
}

func (networks) CheckSecurityGroups(_ context.Context, _ policy.Who, groups []string) ([]string, error) {
	return groups, nil
}

func (networks) SecurityGroups(_ context.Context, _ policy.Who, ids []string) ([]nova.SecurityGroup, error) {
	var groups []nova.SecurityGroup
	for _, id := range ids {
		groups = append(groups, nova.SecurityGroup{ID: id, Name: "default", ProjectID: "p", Rules: []nova.SecurityGroupRule{{ID: "r", Protocol: "tcp", CIDR: "0.0.0.0/0"}}})
	}
	return groups, nil
}

// projects knows all but one.
type projects struct{}

func (projects) CheckProject(_ context.Context, _ policy.Who, id string) error {
	if id == "nowhere" {
		return fault.New(fault.Invalid, "HTTPBadRequest", "Project ID %s is not a valid project.", id)
	}
	return nil
}

type cloud struct {
	t       testing.TB
	url     string
	handler http.Handler
	api     *api.API
	db      *novadb.DB
	manager *manager.Manager
}

// start serves compute on an empty database with a flavor and one host. Nothing carries out what is asked.
func start(t *testing.T) *cloud {
	t.Helper()
	t.Parallel()
	return serve(t)
}

func serve(t testing.TB) *cloud {
	t.Helper()
	return serveOn(t, dbtest.URL(t))
}

// serveOn has its rows in the database at url.
func serveOn(t testing.TB, url string) *cloud {
	t.Helper()
	rows, err := novadb.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rows.Close() })
	enforcer, err := policy.New(api.Rules())
	if err != nil {
		t.Fatal(err)
	}
	m := &manager.Manager{
		DB: rows, Bus: &messaging.Bus{Transport: messaging.NewMemory()}, Images: images{}, Networks: networks{},
		Config: nova.DefaultConfig(), Now: time.Now, NewID: uuid.NewString, Log: slog.New(slog.DiscardHandler),
	}
	member := []string{"member", "reader"}
	a := &api.API{
		Projects: projects{},
		Manager:  m, Policy: enforcer, Log: slog.New(slog.DiscardHandler), Prefix: "/compute", Now: time.Now,
		Auth: tokens{
			"admin":  {UserID: "root", ProjectID: "ops", Roles: []string{"admin", "member", "reader"}},
			"alice":  {UserID: "alice", ProjectID: "p", Roles: member},
			"bob":    {UserID: "bob", ProjectID: "q", Roles: member},
			"reader": {UserID: "rita", ProjectID: "p", Roles: []string{"reader"}},
		},
	}
	h, err := a.Handler()
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	c := &cloud{t, s.URL, h, a, rows, m}
	c.furnish()
	return c
}

func (c *cloud) furnish() {
	c.t.Helper()
	ctx, now := c.t.Context(), time.Now()
	for _, f := range []nova.Flavor{{ID: "1", Name: "nano", VCPUs: 1, RAMMiB: 192, DiskGiB: 1}, {ID: "2", Name: "micro", VCPUs: 2, RAMMiB: 256, DiskGiB: 2}} {
		f.Public, f.RXTXFactor, f.ExtraSpecs = true, 1, map[string]string{"hw:x": "y"}
		if _, err := c.manager.CreateFlavor(ctx, f); err != nil {
			c.t.Fatal(err)
		}
	}
	err := c.db.Tx(ctx, func(tx *novadb.Tx) error {
		for _, binary := range []string{nova.ComputeBinary, nova.ConductorBinary} {
			s := nova.Service{
				ID: uuid.NewString(), Host: "host1", Binary: binary, Topic: "x", Zone: nova.DefaultZone, LastSeen: &now, CreatedAt: now, UpdatedAt: &now,
			}
			if err := tx.InsertService(ctx, &s); err != nil {
				return err
			}
		}
		n := nova.ComputeNode{
			ID: uuid.NewString(), Host: "host1", Name: "host1.test", Type: "QEMU", Version: 7002000, HostIP: "127.0.0.1", VCPUs: 4,
			MemoryMiB: 4096, DiskGiB: 40, CPUInfo: nova.CPUInfo{Arch: "x86_64", Features: []string{"sse"}}, CreatedAt: now, UpdatedAt: now,
		}
		return tx.InsertComputeNode(ctx, &n)
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

// ask sends one request ("POST /servers {body}") as a caller in a microversion ("" for none, "v2" for the old path).
func (c *cloud) ask(who, version, request string) (int, string, http.Header) {
	c.t.Helper()
	line, body, _ := strings.Cut(strings.TrimSpace(request), " {")
	if body != "" {
		body = "{" + body
	}
	method, path, _ := strings.Cut(line, " ")
	root := "/compute/v2.1"
	if version == "v2" {
		root = "/compute/v2"
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.url+root+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("X-Auth-Token", who)
	if version != "" && version != "v2" {
		r.Header.Set("OpenStack-API-Version", "compute "+version)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	plain := strings.NewReplacer(`\u0026`, "&", `\u003c`, "<", `\u003e`, ">").Replace(string(b))
	return res.StatusCode, plain, res.Header
}

// get asks as alice and decodes the answer.
func (c *cloud) get(version, path string) map[string]any {
	c.t.Helper()
	status, body, _ := c.ask("alice", version, "GET "+path)
	if status != 200 {
		c.t.Fatalf("GET %s: %d %s", path, status, body)
	}
	var v map[string]any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		c.t.Fatal(err)
	}
	return v
}

type exchange struct {
	who, request, version string
	status                int
	contains              string
}

func (c *cloud) talk(conversation ...exchange) {
	c.t.Helper()
	for _, x := range conversation {
		if x.who == "" {
			x.who = "alice"
		}
		if x.version == "" {
			x.version = "latest"
		}
		status, body, _ := c.ask(x.who, x.version, x.request)
		if status != x.status || !strings.Contains(body, x.contains) {
			c.t.Errorf("%s by %s at %s: %d %s; want %d %s", x.request, x.who, x.version, status, body, x.status, x.contains)
		}
	}
}

// boot makes a server of alice's and has it run as if a host had built it.
func (c *cloud) boot(name string) nova.Server {
	c.t.Helper()
	status, body, _ := c.ask("alice", "latest", `POST /servers {"server": {"name": "`+name+`", "imageRef": "`+imageID+`", "flavorRef": "1",
		"networks": [{"uuid": "`+networkID+`"}], "metadata": {"role": "web"}, "user_data": "aGk=", "tags": ["one"]}}`)
	if status != 202 {
		c.t.Fatalf("create %s: %d %s", name, status, body)
	}
	var v struct{ Server struct{ ID string } }
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		c.t.Fatal(err)
	}
	return c.change(v.Server.ID, func(s *nova.Server) {
		now := time.Now()
		s.VMState, s.TaskState, s.PowerState, s.Host, s.Node, s.LaunchedAt = nova.Active, nova.NoTask, nova.PowerRunning, "host1", "host1.test", &now
		s.AvailabilityZone = nova.DefaultZone
		s.Network = nova.NetworkInfo{{
			PortID: "22222222-31e7-49b7-b260-868f441e862b", NetworkID: networkID, NetworkName: "private", MAC: "fa:16:3e:00:00:01", Active: true,
			Addresses: []nova.Address{
				{IP: "10.0.0.5", Version: 4, SubnetID: absentID}, {IP: "172.24.4.9", Version: 4, Floating: true, FixedIP: "10.0.0.5"},
			},
			SecurityGroups: []string{"default"}, GroupIDs: []string{"g"},
		}}
	})
}

// change alters a server's record behind everyone's back, as the conductor does.
func (c *cloud) change(id string, alter func(*nova.Server)) nova.Server {
	c.t.Helper()
	var s nova.Server
	err := c.db.Tx(c.t.Context(), func(tx *novadb.Tx) (err error) {
		if s, err = tx.Server(c.t.Context(), id); err != nil {
			return err
		}
		alter(&s)
		return tx.UpdateServer(c.t.Context(), s)
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return s
}
