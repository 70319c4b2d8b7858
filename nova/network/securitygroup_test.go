package network_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gophercloud/gophercloud/v2"

	"cumulet/nova"
	"cumulet/nova/network"
	"cumulet/oslo/policy"
)

// neutron answers GETs by path, with an empty list where there is nothing.
func neutron(t *testing.T, answers map[string]string) *network.Client {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.Path
		if path == "/security-groups" {
			path += "?" + strings.Join(r.URL.Query()["id"], ",")
		}
		w.Header().Set("Content-Type", "application/json")
		body, known := answers[path]
		if !known {
			body = "{}"
		}
		if _, err := io.WriteString(w, body); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(s.Close)
	return &network.Client{Neutron: &gophercloud.ServiceClient{ProviderClient: &gophercloud.ProviderClient{}, Endpoint: s.URL + "/"}}
}

func TestPortsGroupsAreNamed(t *testing.T) {
	c := neutron(t, map[string]string{
		"/ports":                  `{"ports": [{"id": "p1", "network_id": "n", "security_groups": ["a", "gone"]}, {"id": "p2", "network_id": "n", "security_groups": ["a"]}]}`,
		"/networks/n":             `{"network": {"id": "n", "name": "blue"}}`,
		"/security-groups?a,gone": `{"security_groups": [{"id": "a", "name": "default"}]}`,
	})
	info, err := c.Info(t.Context(), nova.Server{ID: "s"})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(info[0].SecurityGroups, " ") + "; " + strings.Join(info[1].SecurityGroups, " "); got != "default gone; default" {
		t.Errorf("names %q", got)
	}
	if got := strings.Join(info[0].GroupIDs, " "); got != "a gone" {
		t.Errorf("ids %q", got)
	}
}

func TestGroupsShowWhatTheyLetIn(t *testing.T) {
	c := neutron(t, map[string]string{
		"/security-groups?a": `{"security_groups": [{"id": "a", "name": "default", "project_id": "p", "security_group_rules": [
			{"id": "1", "direction": "egress", "ethertype": "IPv4"},
			{"id": "2", "direction": "ingress", "ethertype": "IPv6"},
			{"id": "3", "direction": "ingress", "protocol": "tcp", "remote_group_id": "b"},
			{"id": "4", "direction": "ingress", "protocol": "icmp", "remote_group_id": "gone"},
			{"id": "5", "direction": "ingress", "protocol": "icmp", "remote_ip_prefix": "10.0.0.0/8"}]}]}`,
		"/security-groups?b,gone": `{"security_groups": [{"id": "b", "name": "web", "project_id": "q"}]}`,
	})
	groups, err := c.SecurityGroups(t.Context(), policy.Who{}, []string{"a", "a"})
	if err != nil || len(groups) != 1 {
		t.Fatalf("%v, %v", groups, err)
	}
	rules := groups[0].Rules
	if len(rules) != 3 {
		t.Fatalf("rules %v", rules)
	}
	if rules[0].CIDR != "::/0" || rules[0].From != nil {
		t.Errorf("everything: %+v", rules[0])
	}
	if rules[1].Group != "web" || rules[1].GroupProjectID != "q" || *rules[1].From != 1 || *rules[1].To != 65535 {
		t.Errorf("from a group: %+v", rules[1])
	}
	if rules[2].CIDR != "10.0.0.0/8" || *rules[2].From != -1 || *rules[2].To != -1 {
		t.Errorf("from addresses: %+v", rules[2])
	}
}
