package notification_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"cumulet/neutron"
	"cumulet/neutron/api"
	"cumulet/neutron/db"
	"cumulet/neutron/notification"
	"cumulet/neutron/plugin"
	"cumulet/oslo/db/dbtest"
	oslo "cumulet/oslo/notification"
	"cumulet/oslo/policy"
)

// admin is everybody.
type admin struct{}

func (admin) Authenticate(context.Context, *http.Request) (policy.Who, error) {
	return policy.Who{UserID: "root", ProjectID: "project-1", Roles: []string{"admin", "member", "reader"}}, nil
}

// cloud is neutron with its API.
type cloud struct {
	t   *testing.T
	db  *db.DB
	api *api.API
	url string
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	d, err := db.Open(t.Context(), dbtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	rules, err := policy.New(api.Rules())
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	p := &plugin.Plugin{DB: d, Config: neutron.DefaultConfig(), Log: log}
	a := &api.API{Plugin: p, Auth: admin{}, Policy: rules, Prefix: "/network", Log: log}
	h, err := a.Handler()
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return &cloud{t: t, db: d, api: a, url: s.URL + "/network/v2.0/"}
}

// do asks, and gives the answer's one member.
func (c *cloud) do(method, path, body string) map[string]any {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 {
		c.t.Fatalf("%s %s: %d %s, %v", method, path, res.StatusCode, text, err)
	}
	var out map[string]map[string]any
	if json.Unmarshal(text, &out) == nil {
		for _, one := range out {
			return one
		}
	}
	return nil
}

// told is what is told of all events so far, payloads as a collector reads them, by type; and the types in order.
func (c *cloud) told() (by map[string]map[string]any, order []string) {
	c.t.Helper()
	events, err := c.db.Events(c.t.Context(), 0, 1000)
	if err != nil {
		c.t.Fatal(err)
	}
	by = map[string]map[string]any{}
	translator := &notification.Translator{API: c.api}
	for _, e := range events {
		all, err := translator.Translate(e)
		if err != nil {
			c.t.Fatal(err)
		}
		for part, n := range all {
			notice, err := n.Notice("neutron", "host-1", e, part)
			if err != nil {
				c.t.Fatal(err)
			}
			var m struct {
				Publisher string         `json:"publisher_id"`
				Priority  oslo.Priority  `json:"priority"`
				Payload   map[string]any `json:"payload"`
				Project   string         `json:"_context_project_id"`
			}
			if err := json.Unmarshal(notice.RawMessage, &m); err != nil {
				c.t.Fatal(err)
			}
			if m.Publisher != "network.host-1" || m.Priority != oslo.Info || m.Project != "project-1" {
				c.t.Errorf("%s is %s", n.Type, notice.RawMessage)
			}
			by[n.Type] = m.Payload
			order = append(order, n.Type)
		}
	}
	return by, order
}

func member(payload map[string]any, name string) map[string]any {
	m, _ := payload[name].(map[string]any)
	return m
}

func TestNetworkIsToldAsTheAPIShowsIt(t *testing.T) {
	c := newCloud(t)
	network := c.do("POST", "networks", `{"network":{"name":"n1"}}`)
	id := network["id"].(string)
	c.do("PUT", "networks/"+id, `{"network":{"name":"n2"}}`)
	c.do("DELETE", "networks/"+id, "")
	by, order := c.told()
	want := []string{
		"network.create.start", "network.create.end", "network.update.start", "network.update.end",
		"network.delete.start", "network.delete.end",
	}
	if !slices.Equal(order, want) {
		t.Errorf("told are %v", order)
	}
	made := member(by["network.create.end"], "network")
	for name, value := range network {
		if told, err := json.Marshal(made[name]); err != nil || string(told) != encoded(t, value) {
			t.Errorf("%s is told as %s where the API says %s (%v)", name, told, encoded(t, value), err)
		}
	}
	asked := member(by["network.create.start"], "network")
	if asked["name"] != "n1" || asked["id"] != nil || asked["status"] != nil {
		t.Errorf("the start is %v", asked)
	}
	if start := by["network.update.start"]; start["id"] != id || member(start, "network")["name"] != "n2" {
		t.Errorf("the update's start is %v", start)
	}
	if start, end := by["network.delete.start"], by["network.delete.end"]; len(start) != 1 || start["network_id"] != id ||
		end["network_id"] != id || member(end, "network")["name"] != "n2" {
		t.Errorf("the deletion is %v and %v", start, end)
	}
}

func encoded(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestEachNounIsTold(t *testing.T) {
	c := newCloud(t)
	outside := c.do("POST", "networks", `{"network":{"name":"public","router:external":true,"provider:network_type":"flat","provider:physical_network":"public"}}`)
	c.do("POST", "subnets", `{"subnet":{"network_id":"`+outside["id"].(string)+`","ip_version":4,"cidr":"172.24.4.0/24"}}`)
	network := c.do("POST", "networks", `{"network":{"name":"n1"}}`)
	subnet := c.do("POST", "subnets", `{"subnet":{"network_id":"`+network["id"].(string)+`","ip_version":4,"cidr":"10.0.0.0/24"}}`)
	c.do("POST", "ports", `{"port":{"network_id":"`+network["id"].(string)+`"}}`)
	router := c.do("POST", "routers", `{"router":{"name":"r1","external_gateway_info":{"network_id":"`+outside["id"].(string)+`"}}}`)
	c.do("PUT", "routers/"+router["id"].(string)+"/add_router_interface", `{"subnet_id":"`+subnet["id"].(string)+`"}`)
	c.do("POST", "floatingips", `{"floatingip":{"floating_network_id":"`+outside["id"].(string)+`"}}`)
	group := c.do("POST", "security-groups", `{"security_group":{"name":"g1"}}`)
	c.do("POST", "security-group-rules", `{"security_group_rule":{"security_group_id":"`+group["id"].(string)+`","direction":"ingress","ethertype":"IPv4"}}`)
	by, _ := c.told()
	for _, name := range []string{"network", "subnet", "port", "router", "floatingip", "security_group", "security_group_rule"} {
		made := member(by[name+".create.end"], name)
		if id, _ := made["id"].(string); id == "" || made["tenant_id"] != "project-1" {
			t.Errorf("%s is told as %v", name, by[name+".create.end"])
		}
	}
	joined := member(by["router.interface.create"], "router_interface")
	want := []string{"id", "network_id", "port_id", "subnet_id", "subnet_ids", "tenant_id"}
	if !slices.Equal(slices.Sorted(maps.Keys(joined)), want) || joined["id"] != router["id"] || joined["subnet_id"] != subnet["id"] {
		t.Errorf("the interface is told as %v", by["router.interface.create"])
	}
}

// TestWhatNeutronDoesByItselfIsNotTold: upstream tells what callers of the API do.
func TestWhatNeutronDoesByItselfIsNotTold(t *testing.T) {
	c := newCloud(t)
	payload, err := json.Marshal(neutron.Port{ID: "port-1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"port.update.end", "port.vif.plugged"} {
		all, err := (&notification.Translator{API: c.api}).Translate(oslo.Event{Name: name, Payload: payload})
		if err != nil || len(all) > 0 {
			t.Errorf("%s is told as %v, %v", name, all, err)
		}
	}
}
