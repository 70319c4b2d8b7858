package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"cumulet/glance"
	"cumulet/glance/api"
	"cumulet/glance/db"
	"cumulet/glance/registry"
	"cumulet/glance/registry/client"
	"cumulet/glance/signature"
	"cumulet/glance/store"
	"cumulet/glance/store/file"
	"cumulet/glance/transfer"
	"cumulet/oslo/db/dbtest"
	"cumulet/oslo/fault"
	"cumulet/oslo/messaging"
	"cumulet/oslo/policy"
	"cumulet/oslo/service/servicetest"
)

// cloud is a glance: api and registry on a bus in memory, a database and a store in a folder of the test's.
type cloud struct {
	t        testing.TB
	url      string
	handler  http.Handler
	api      *api.API
	registry *registry.Registry
	transfer *transfer.Transfer
	store    *file.Store // the default
	second   *file.Store
	staging  *file.Store
	clock    atomic.Int64 // seconds past the start of the test's time
}

func newCloud(t *testing.T, change ...func(*glance.Config)) *cloud {
	t.Helper()
	t.Parallel()
	return anotherCloud(t, change...)
}

// anotherCloud is a cloud of a test that has one already.
func anotherCloud(t testing.TB, change ...func(*glance.Config)) *cloud {
	t.Helper()
	return cloudOn(t, dbtest.URL(t), change...)
}

// cloudOn has its rows in the database at url.
func cloudOn(t testing.TB, url string, change ...func(*glance.Config)) *cloud {
	t.Helper()
	config := glance.DefaultConfig()
	config.ReserveBytes = 0
	for _, c := range change {
		c(&config)
	}
	c := &cloud{t: t}
	rows, err := db.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rows.Close() })
	c.registry = &registry.Registry{
		DB: rows, Limits: config.Limits(), DelayedDelete: config.DelayedDelete, ScrubTime: config.ScrubTime, Lease: time.Minute, NewID: uuid.NewString,
		Now: func() time.Time {
			return time.Date(2026, 1, 2, 3, 4, 5, 600, time.UTC).Add(time.Duration(c.clock.Add(1)) * time.Second)
		},
	}
	bus := &messaging.Bus{Transport: messaging.NewMemory()}
	log := slog.New(slog.DiscardHandler)
	c.registry.Bus, c.registry.Owner, c.registry.Imports, c.registry.Log = bus, "test", 4, log
	c.registry.TaskLife, c.registry.ImportDeadline = config.TaskLife, time.Minute
	servicetest.Run(t, (&registry.Server{Registry: c.registry, Bus: bus}).Run)

	c.store = &file.Store{StoreName: "file", Dir: filepath.Join(t.TempDir(), "images")}
	if err := c.store.Prepare(); err != nil {
		t.Fatal(err)
	}
	c.staging = &file.Store{StoreName: glance.StagingStore, Dir: filepath.Join(t.TempDir(), "staging")}
	if err := c.staging.Prepare(); err != nil {
		t.Fatal(err)
	}
	c.second = &file.Store{StoreName: "second", Dir: filepath.Join(t.TempDir(), "second")}
	if err := c.second.Prepare(); err != nil {
		t.Fatal(err)
	}
	stores := store.Set{{Store: c.store}, {Store: c.second}}
	web, err := transfer.Web(config.Web)
	if err != nil {
		t.Fatal(err)
	}
	rules, err := policy.New(api.Rules())
	if err != nil {
		t.Fatal(err)
	}
	ask := &client.Registry{Bus: bus}
	c.transfer = &transfer.Transfer{
		Registry: ask, Stores: stores, SizeCap: config.SizeCapBytes, StrictFormat: config.StrictFormat, Log: log,
		Staging: c.staging, Host: "host-1", Web: web,
		Signatures: signature.Certificates{Dir: t.TempDir(), Now: time.Now},
	}
	servicetest.Run(t, (&transfer.Server{Transfer: c.transfer, Bus: bus}).Run)
	a := &api.API{
		Registry: ask, Transfer: c.transfer, Stores: stores, Config: config, Auth: tokens{}, Policy: rules, Log: log,
		Prefix: "/image", KeystoneURL: "http://keystone", Keeper: &client.Keeper{Registry: ask},
	}
	handler, err := a.Handler()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	c.url, c.handler, c.api = server.URL+"/image", handler, a
	return c
}

// tokens takes "project:role" for a token.
type tokens struct{}

func (tokens) Authenticate(_ context.Context, r *http.Request) (policy.Who, error) {
	project, role, ok := strings.Cut(r.Header.Get("X-Auth-Token"), ":")
	if !ok {
		return policy.Who{}, fault.New(fault.Unauthorized, "Unauthorized", "no token")
	}
	roles := map[string][]string{"admin": {"admin", "member", "reader"}, "member": {"member", "reader"}, "reader": {"reader"}}
	return policy.Who{UserID: "user-of-" + project, ProjectID: project, Roles: roles[role]}, nil
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) json(t testing.TB) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatalf("%d is not JSON: %s", a.status, a.body)
	}
	return v
}

const (
	jsonType  = "application/json"
	bitsType  = "application/octet-stream"
	patchType = "application/openstack-images-v2.1-json-patch"
)

// ask sends a request as a token: "POST /v2/images", its body's type and the body.
func (c *cloud) ask(token, do, contentType string, body any, headers ...string) answer {
	c.t.Helper()
	method, path, _ := strings.Cut(do, " ")
	var r io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(body)
	case []byte:
		r = bytes.NewReader(body)
	case io.Reader:
		r = body
	}
	q, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, r)
	if err != nil {
		c.t.Fatal(err)
	}
	q.Header.Set("X-Auth-Token", token)
	if contentType != "" {
		q.Header.Set("Content-Type", contentType)
	}
	for n := 0; n+1 < len(headers); n += 2 {
		q.Header.Set(headers[n], headers[n+1])
	}
	w, err := http.DefaultTransport.RoundTrip(q)
	if err != nil {
		c.t.Fatal(err)
	}
	defer w.Body.Close()
	b, err := io.ReadAll(w.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return answer{w.StatusCode, w.Header, string(b)}
}

// want asks and checks the status.
func (c *cloud) want(status int, token, do, contentType string, body any, headers ...string) answer {
	c.t.Helper()
	a := c.ask(token, do, contentType, body, headers...)
	if a.status != status {
		c.t.Fatalf("%s as %s: %d, not %d: %s", do, token, a.status, status, a.body)
	}
	return a
}

// create makes an image and gives its id.
func (c *cloud) create(token, body string) string {
	c.t.Helper()
	return fmt.Sprint(c.want(201, token, "POST /v2/images", jsonType, body).json(c.t)["id"])
}

// upload makes a raw image with bits.
func (c *cloud) upload(token, bits string) string {
	c.t.Helper()
	id := c.create(token, `{"disk_format":"raw","container_format":"bare"}`)
	c.want(204, token, "PUT /v2/images/"+id+"/file", bitsType, bits)
	return id
}

// status is an image's status, as its owner sees it.
func (c *cloud) status(token, id string) string {
	c.t.Helper()
	return fmt.Sprint(c.want(200, token, "GET /v2/images/"+id, "", nil).json(c.t)["status"])
}

// keys is how much lies in the store.
func (c *cloud) keys() int {
	c.t.Helper()
	n := 0
	for _, err := range c.store.Keys(c.t.Context()) {
		if err != nil {
			c.t.Fatal(err)
		}
		n++
	}
	return n
}

// row is the status of an image's row, of whom nobody sees it.
func (c *cloud) row(id string) (status glance.Status) {
	c.t.Helper()
	if err := c.registry.DB.DB.NewSelect().Table("images").Column("status").Where("id = ?", id).Scan(c.t.Context(), &status); err != nil {
		c.t.Fatal(err)
	}
	return status
}

// write writes an image as it would not become by itself.
func (c *cloud) write(i glance.Image) {
	c.t.Helper()
	if err := c.registry.DB.Tx(c.t.Context(), func(tx *db.Tx) error { return tx.UpdateImage(c.t.Context(), i) }); err != nil {
		c.t.Fatal(err)
	}
}

// readWhole reads an answer to its end; false when it breaks off.
func readWhole(t *testing.T, q *http.Request) (string, bool) {
	t.Helper()
	w, err := http.DefaultTransport.RoundTrip(q)
	if err != nil {
		return "", false
	}
	defer w.Body.Close()
	b, err := io.ReadAll(w.Body)
	return string(b), err == nil && w.StatusCode == http.StatusOK
}
