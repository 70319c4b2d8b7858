package hostile

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// bodies sends what is no body of this API to a route of each service.
func (w *world) bodies(t *testing.T) {
	large := `{"x":"` + strings.Repeat("x", 2<<20) + `"}`
	for _, c := range []struct {
		what, path, body, kind string
		statuses               []int
	}{
		{"2 MB", "/identity/v3/auth/tokens", large, "", []int{413}},
		{"2 MB", "/compute/v2.1/servers", large, "", []int{413}},
		{"2 MB", "/network/v2.0/networks", large, "", []int{413}},
		{"2 MB", "/image/v2/images", large, "", []int{413}},
		{"2 MB", "/placement/resource_providers", large, "", []int{400, 413}},
		{"broken", "/identity/v3/auth/tokens", `{"auth":`, "", []int{400}},
		{"broken", "/compute/v2.1/servers", `{"server":`, "", []int{400}},
		{"broken", "/network/v2.0/networks", `{"network":`, "", []int{400}},
		{"broken", "/image/v2/images", `{"name":`, "", []int{400}},
		{"broken", "/placement/resource_providers", `{"name":`, "", []int{400}},
		{"no body", "/compute/v2.1/servers", ``, "", []int{400}},
		{"no body", "/network/v2.0/networks", ``, "", []int{400}},
		{"unknown field", "/compute/v2.1/servers", `{"server":{"name":"x","flavorRef":"42","imageRef":"` + w.known["image"] + `","networks":"auto","surprise":1}}`, "", []int{400}},
		{"unknown field", "/compute/v2.1/os-keypairs", `{"keypair":{"name":"x","surprise":1}}`, "", []int{400}},
		{"unknown field", "/network/v2.0/networks", `{"network":{"surprise":1}}`, "", []int{400}},
		{"unknown field", "/network/v2.0/ports", `{"port":{"network_id":"` + w.known["network"] + `","surprise":1}}`, "", []int{400}},
		{"a property that is no text", "/image/v2/images", `{"surprise":1}`, "", []int{400}},
		{"read-only", "/image/v2/images", `{"size":1}`, "", []int{403}},
		{"read-only", "/network/v2.0/networks", `{"network":{"status":"ACTIVE"}}`, "", []int{400}},
		{"another's project", "/network/v2.0/networks", `{"network":{"project_id":"` + w.victim.ProjectID + `"}}`, "", []int{400}},
		{"another's project", "/image/v2/images", `{"owner":"` + w.victim.ProjectID + `"}`, "", []int{403}},
		{"another's network", "/network/v2.0/ports", `{"port":{"network_id":"` + w.ids["/network/v2.0/networks"] + `"}}`, "", []int{404}},
		{"another's network", "/network/v2.0/subnets", `{"subnet":{"network_id":"` + w.ids["/network/v2.0/networks"] + `","ip_version":4,"cidr":"10.7.0.0/24"}}`, "", []int{404}},
		{"another's group", "/network/v2.0/security-group-rules", `{"security_group_rule":{"direction":"ingress","security_group_id":"` + w.ids["/network/v2.0/security-groups"] + `"}}`, "", []int{404}},
		{"another's image", "/compute/v2.1/servers", `{"server":{"name":"x","flavorRef":"42","imageRef":"` + w.ids["/image/v2/images"] + `"}}`, "", []int{400}},
		{"another's network", "/compute/v2.1/servers", `{"server":{"name":"x","flavorRef":"42","imageRef":"` + w.known["image"] + `","networks":[{"uuid":"` + w.ids["/network/v2.0/networks"] + `"}]}}`, "", []int{400}},
		{"another's port", "/compute/v2.1/servers", `{"server":{"name":"x","flavorRef":"42","imageRef":"` + w.known["image"] + `","networks":[{"port":"` + w.ids["/network/v2.0/ports"] + `"}]}}`, "", []int{400, 404}},
		{"too long", "/network/v2.0/networks", `{"network":{"name":"` + strings.Repeat("n", 256) + `"}}`, "", []int{400}},
		{"too long", "/compute/v2.1/os-keypairs", `{"keypair":{"name":"` + strings.Repeat("n", 256) + `"}}`, "", []int{400}},
		{"too long", "/image/v2/images", `{"name":"` + strings.Repeat("n", 256) + `"}`, "", []int{400}},
		{"XML", "/compute/v2.1/servers", `<server/>`, "application/xml", []int{400, 415}},
		{"XML", "/network/v2.0/networks", `<network/>`, "application/xml", []int{400, 415}},
		{"XML", "/identity/v3/auth/tokens", `<auth/>`, "application/xml", []int{400, 415}},
		{"XML", "/image/v2/images", `<image/>`, "application/xml", []int{400, 415}},
		{"XML", "/placement/resource_providers", `<provider/>`, "application/xml", []int{400, 415}},
	} {
		who, header := w.member, http.Header{}
		if strings.HasPrefix(c.path, "/placement") {
			who = w.admin
		}
		if c.kind != "" {
			header.Set("Content-Type", c.kind)
		}
		a, err := who.Send("POST", c.path, header, []byte(c.body))
		if err != nil || !slices.Contains(c.statuses, a.Status) {
			t.Errorf("%s: %s %v, want one of %v", c.what, a, err, c.statuses)
		}
	}
}

// strangers reach for what is another project's: it is not there, for them.
func (w *world) strangers(t *testing.T) {
	for path, id := range w.ids {
		at := path + "/" + id
		n := map[string]string{"security-groups": "security_group", "security-group-rules": "security_group_rule", "floatingips": "floatingip"}[path[strings.LastIndexByte(path, '/')+1:]]
		if n == "" {
			n = noun(path)
		}
		for method, body := range map[string]string{"GET": "", "PUT": `{"` + n + `":{"description":"stolen"}}`, "DELETE": ""} {
			want := []int{http.StatusNotFound}
			switch {
			case method == "PUT" && !strings.HasPrefix(path, "/network") && path != "/compute/v2.1/servers":
				continue // no such route
			case method == "PUT" && strings.HasSuffix(path, "rules"):
				want = append(want, http.StatusMethodNotAllowed, http.StatusBadRequest)
			case method == "PUT" && path == "/compute/v2.1/servers":
				body = `{"server":{"name":"stolen"}}`
			}
			a, err := w.member.Send(method, at, nil, []byte(body))
			if err != nil || !slices.Contains(want, a.Status) {
				t.Errorf("%s %v, want one of %v", a, err, want)
			}
		}
	}
	server, image := "/compute/v2.1/servers/"+w.ids["/compute/v2.1/servers"], "/image/v2/images/"+w.ids["/image/v2/images"]
	router, network := "/network/v2.0/routers/"+w.ids["/network/v2.0/routers"], "/network/v2.0/networks/"+w.ids["/network/v2.0/networks"]
	for _, c := range []struct {
		method, path, body string
		statuses           []int
	}{
		{"POST", server + "/action", `{"os-stop":null}`, []int{404}},
		{"POST", server + "/action", `{"reboot":{"type":"HARD"}}`, []int{404}},
		{"POST", server + "/action", `{"os-getConsoleOutput":{}}`, []int{404}},
		{"POST", server + "/metadata", `{"metadata":{"a":"b"}}`, []int{404}},
		{"GET", server + "/os-instance-actions", ``, []int{404}},
		{"GET", server + "/os-interface", ``, []int{404}},
		{"GET", server + "/ips", ``, []int{404}},
		{"GET", image + "/file", ``, []int{404}},
		{"PUT", image + "/tags/stolen", ``, []int{404}},
		{"GET", image + "/members", ``, []int{404}},
		{"POST", image + "/members", `{"member":"` + w.member.ProjectID + `"}`, []int{404}},
		{"PUT", router + "/add_router_interface", `{"subnet_id":"` + w.known["subnet"] + `"}`, []int{404}},
		{"PUT", router + "/remove_router_interface", `{"subnet_id":"` + w.known["subnet"] + `"}`, []int{404}},
		{"PUT", network + "/tags/stolen", ``, []int{404}},
		{"GET", "/identity/v3/projects/" + w.victim.ProjectID, ``, []int{403}},
		{"GET", "/identity/v3/users/" + w.victim.UserID, ``, []int{403}},
		{"PATCH", "/identity/v3/users/" + w.victim.UserID, `{"user":{"password":"stolen"}}`, []int{403}},
		{"DELETE", "/identity/v3/users/" + w.victim.UserID, ``, []int{403}},
		{"GET", "/identity/v3/users/" + w.victim.UserID + "/application_credentials", ``, []int{403}},
		{"POST", "/identity/v3/users", `{"user":{"name":"root"}}`, []int{403}},
		{"GET", "/compute/v2.1/os-quota-sets/" + w.victim.ProjectID, ``, []int{403}},
		{"PUT", "/compute/v2.1/os-quota-sets/" + w.member.ProjectID, `{"quota_set":{"instances":99}}`, []int{403}},
		{"PUT", "/network/v2.0/quotas/" + w.member.ProjectID, `{"quota":{"network":99}}`, []int{403}},
		{"GET", "/placement/resource_providers", ``, []int{403}},
		{"GET", "/compute/v2.1/os-hypervisors", ``, []int{403}},
		{"GET", "/compute/v2.1/os-services", ``, []int{403}},
		{"POST", "/compute/v2.1/flavors", `{"flavor":{"name":"x","ram":64,"vcpus":1,"disk":0}}`, []int{403}},
	} {
		a, err := w.member.Send(c.method, c.path, nil, []byte(c.body))
		if err != nil || !slices.Contains(c.statuses, a.Status) {
			t.Errorf("%s %v, want one of %v", a, err, c.statuses)
		}
	}
}
