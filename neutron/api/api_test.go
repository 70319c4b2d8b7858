package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cumulet/neutron"
	"cumulet/neutron/db"
	"cumulet/neutron/plugin"
	"cumulet/oslo/db/dbtest"
	"cumulet/oslo/fault"
	"cumulet/oslo/idempotency/keeper"
	"cumulet/oslo/policy"
)

// people are callers by the project that stands for their token.
type people struct{}

func (people) Authenticate(_ context.Context, r *http.Request) (policy.Who, error) {
	switch token := r.Header.Get("X-Auth-Token"); token {
	case "":
		return policy.Who{}, fault.New(fault.Unauthorized, "Unauthorized", "no")
	case "admin":
		return policy.Who{UserID: "root", ProjectID: "admin", Roles: []string{"admin", "member", "reader"}}, nil
	default:
		return policy.Who{UserID: token, ProjectID: token, Roles: []string{"member", "reader"}}, nil
	}
}

// cloud is neutron behind HTTP.
type cloud struct {
	t       testing.TB
	url     string
	handler http.Handler
	plugin  *plugin.Plugin
	// ifMatch, where set, constrains changes.
	ifMatch string
}

func newCloud(t testing.TB) *cloud {
	t.Helper()
	return newCloudOn(t, dbtest.URL(t))
}

// newCloudOn has its rows in the database at url.
func newCloudOn(t testing.TB, url string) *cloud {
	t.Helper()
	d, err := db.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	enforcer, err := policy.New(Rules())
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	if testing.Verbose() {
		log = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	p := &plugin.Plugin{DB: d, Config: neutron.DefaultConfig(), Log: log}
	h, err := (&API{Plugin: p, Keeper: &keeper.Keeper{DB: d.DB}, Auth: people{}, Policy: enforcer, Prefix: "/network", IdentityURL: "http://k/identity", Log: log}).Handler()
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return &cloud{t: t, url: s.URL + "/network", handler: h, plugin: p}
}

// do asks as someone, wants a status, and gives the answer's one member.
func (c *cloud) do(who, method, path, body string, status int) map[string]any {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("X-Auth-Token", who)
	if c.ifMatch != "" {
		req.Header.Set("If-Match", c.ifMatch)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if res.StatusCode != status {
		c.t.Fatalf("%s %s %s as %s: %d instead of %d: %s", method, path, body, who, res.StatusCode, status, b)
	}
	var out map[string]any
	if len(bytes.TrimSpace(b)) > 0 {
		if err := json.Unmarshal(b, &out); err != nil {
			c.t.Fatalf("%s %s: %v in %s", method, path, err, b)
		}
	}
	return out
}

// make posts one noun.
func (c *cloud) make(who, path, name, body string) map[string]any {
	c.t.Helper()
	return c.do(who, "POST", "/v2.0/"+path, `{"`+name+`":`+body+`}`, 201)[name].(map[string]any)
}

func id(o map[string]any) string { return o["id"].(string) }

// refusal is the type and text of an error.
func refusal(o map[string]any) string {
	e, _ := o["NeutronError"].(map[string]any)
	return fmt.Sprintf("%v: %v", e["type"], e["message"])
}

// external makes the public network.
func (c *cloud) external() (network, subnet map[string]any) {
	c.t.Helper()
	network = c.make("admin", "networks", "network",
		`{"name":"public","router:external":true,"is_default":true,"provider:network_type":"flat","provider:physical_network":"public"}`)
	subnet = c.make("admin", "subnets", "subnet",
		fmt.Sprintf(`{"network_id":%q,"ip_version":4,"cidr":"172.24.4.0/24","enable_dhcp":false}`, id(network)))
	return network, subnet
}

// routed makes a project's network behind a router to the public one.
func (c *cloud) routed(who, public string) (network, subnet, router map[string]any) {
	c.t.Helper()
	network = c.make(who, "networks", "network", `{"name":"private"}`)
	subnet = c.make(who, "subnets", "subnet", fmt.Sprintf(`{"network_id":%q,"ip_version":4,"cidr":"10.0.0.0/24"}`, id(network)))
	router = c.make(who, "routers", "router", fmt.Sprintf(`{"name":"r","external_gateway_info":{"network_id":%q}}`, public))
	c.do(who, "PUT", "/v2.0/routers/"+id(router)+"/add_router_interface", fmt.Sprintf(`{"subnet_id":%q}`, id(subnet)), 200)
	return network, subnet, router
}
