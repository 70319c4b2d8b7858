package api_test

import (
	"strings"
	"testing"
	"time"

	"cumulet/nova"
)

const plainServer = `"imageRef": "` + imageID + `", "flavorRef": "1"`

func TestVersionDocuments(t *testing.T) {
	c := start(t)
	c.talk(
		exchange{"", "GET /", "", 200, `"version":"2.93"`},
		exchange{"nobody", "GET ", "", 200, `"min_version":"2.1"`},
		exchange{"nobody", "GET ", "9.9", 200, `"rel":"self"`},
		exchange{"nobody", "GET /", "v2", 200, `"id":"v2.0"`},
		exchange{"", "GET /servers", "2.94", 406, `"computeFault":{"code":406`},
		exchange{"", "GET /servers", "2.x", 400, `"badRequest"`},
		exchange{"nobody", "GET /servers", "", 401, ""},
		exchange{"", "GET /nowhere", "", 404, `"itemNotFound"`},
	)
	status, _, header := c.ask("alice", "2.7", "GET /servers")
	if status != 200 || header.Get("OpenStack-API-Version") != "compute 2.7" || header.Get("X-OpenStack-Nova-API-Version") != "2.7" {
		t.Errorf("%d, headers %v", status, header)
	}
}

func TestBadCreationsAreRefused(t *testing.T) {
	c := start(t)
	create := func(members string) string { return `POST /servers {"server": {` + members + `}}` }
	for _, x := range []struct{ claim, version, members, contains string }{
		{"no name", "2.1", plainServer, "'name' is a required property"},
		{"an empty name", "2.1", `"name": "", ` + plainServer, "is too short"},
		{"a name of blanks", "2.1", `"name": "  ", ` + plainServer, "printable characters"},
		{"a name too long", "2.1", `"name": "` + strings.Repeat("x", 256) + `", ` + plainServer, "is too long"},
		{"a name that is a number", "2.1", `"name": 12345, ` + plainServer, "is not of type 'string'"},
		{"an unknown member", "2.1", `"name": "x", "nope": 1, ` + plainServer, "Additional properties are not allowed ('nope' was unexpected)"},
		{"no flavor", "2.1", `"name": "x", "imageRef": "` + imageID + `"`, "'flavorRef' is a required property"},
		{"a flavor that is not there", "2.1", `"name": "x", "imageRef": "` + imageID + `", "flavorRef": "99"`, "Flavor 99 could not be found."},
		{"an image that is not there", "2.1", `"name": "x", "flavorRef": "1", "imageRef": "` + absentID + `"`, "Can not find requested image"},
		{"an image that is no UUID", "2.1", `"name": "x", "flavorRef": "1", "imageRef": "abc"`, "Invalid input for field/attribute imageRef"},
		{"no image", "2.1", `"name": "x", "flavorRef": "1"`, "Missing imageRef attribute"},
		{"a key that is not there", "2.1", `"name": "x", "key_name": "k", ` + plainServer, "Invalid key_name provided."},
		{"networks missing from 2.37 on", "2.37", `"name": "x", ` + plainServer, "'networks' is a required property"},
		{"networks by word before 2.37", "2.36", `"name": "x", "networks": "none", ` + plainServer, "networks"},
		{"a network that is no UUID", "2.1", `"name": "x", "networks": [{"uuid": "a-b-c"}], ` + plainServer, "network uuid is not in proper format"},
		{"a network that is not there", "2.1", `"name": "x", "networks": [{"uuid": "` + absentID + `"}], ` + plainServer, "could not be found"},
		{"a port twice", "2.1", `"name": "x", "networks": [{"port": "` + absentID + `"}, {"port": "` + absentID + `"}], ` + plainServer, "was specified twice"},
		{"a bad address", "2.1", `"name": "x", "accessIPv4": "1.2.3", ` + plainServer, "accessIPv4"},
		{"user data that is not base64", "2.1", `"name": "x", "user_data": "§", ` + plainServer, "user_data"},
		{"more at least than at most", "2.1", `"name": "x", "min_count": 3, "max_count": 2, ` + plainServer, "min_count must be <= max_count"},
		{"none at all", "2.1", `"name": "x", "min_count": 0, ` + plainServer, "min_count"},
		{"files from 2.57 on", "2.57", `"name": "x", "networks": "none", "personality": [], ` + plainServer, "'personality' was unexpected"},
		{"tags before 2.52", "2.51", `"name": "x", "networks": "none", "tags": [], ` + plainServer, "'tags' was unexpected"},
		{"a tag with a comma", "2.52", `"name": "x", "networks": "none", "tags": ["a,b"], ` + plainServer, "does not match"},
		{"a description before 2.19", "2.18", `"name": "x", "description": "d", ` + plainServer, "'description' was unexpected"},
		{"a host before 2.74", "2.73", `"name": "x", "networks": "none", "host": "h", ` + plainServer, "'host' was unexpected"},
		{"a volume", "2.1", `"name": "x", "flavorRef": "1", "block_device_mapping_v2": [{"source_type": "volume", "uuid": "` + absentID + `"}]`, "Block Device Mapping is Invalid"},
		{"metadata that is no text", "2.1", `"name": "x", "metadata": {"a": 1}, ` + plainServer, "is not of type 'string'"},
	} {
		status, body, _ := c.ask("alice", x.version, create(x.members))
		if status != 400 || !strings.Contains(body, x.contains) {
			t.Errorf("%s: %d %s, want 400 with %q", x.claim, status, body, x.contains)
		}
	}
	c.talk(
		exchange{"reader", create(`"name": "x", ` + plainServer), "2.1", 403, "os_compute_api:servers:create"},
		exchange{"", create(`"name": "x", "networks": "none", "host": "host1", ` + plainServer), "2.74", 403, "requested_destination"},
		exchange{"", create(`"name": "x", "availability_zone": "nova:host1", ` + plainServer), "2.1", 403, "forced_host"},
		exchange{"", create(`"name": "x", "min_count": 11, ` + plainServer), "2.1", 403, "Quota exceeded for instances"},
		exchange{"", "POST /servers {", "2.1", 400, "badRequest"},
		exchange{"", "GET /servers", "", 200, `{"servers":[]}`},
	)
}

func TestCreationAnswers(t *testing.T) {
	c := start(t)
	status, body, header := c.ask("alice", "2.1", `POST /servers {"server": {"name": " n ", `+plainServer+`}}`)
	if status != 400 { // a name may not begin with a blank
		t.Errorf("%d %s", status, body)
	}
	status, body, header = c.ask("alice", "2.1", `POST /servers {"server": {"name": "n", "security_groups": [{"name": "web"}], `+plainServer+`}}`)
	if status != 202 || !strings.Contains(header.Get("Location"), "/compute/v2.1/servers/") {
		t.Fatalf("%d %s %v", status, body, header)
	}
	for _, part := range []string{`"adminPass":"`, `"OS-DCF:diskConfig":"MANUAL"`, `"security_groups":[{"name":"web"}]`, `"rel":"bookmark"`} {
		if !strings.Contains(body, part) {
			t.Errorf("%s lacks %s", body, part)
		}
	}
	c.talk(
		exchange{"", `POST /servers {"server": {"name": "m", "min_count": "2", "return_reservation_id": "True", ` + plainServer + `}}`, "2.1", 202, `{"reservation_id":"r-`},
		exchange{"", "GET /servers?name=^m-", "", 200, `"name":"m-2"`},
		exchange{"", `POST /servers {"server": {"name": "b", "flavorRef": 1, "networks": "none", "block_device_mapping_v2": [{"source_type": "image",
			"destination_type": "local", "boot_index": 0, "uuid": "` + imageID + `"}], "imageRef": "` + imageID + `"}}`, "", 202, "adminPass"},
		exchange{"", "GET /servers/detail?name=b", "", 200, `"status":"BUILD"`},
		exchange{"", "GET /servers/detail?name=b", "", 200, `"addresses":{}`},
	)
}

// TestViewsGrowWithVersions holds each member to the microversion it came or went with.
func TestViewsGrowWithVersions(t *testing.T) {
	c := start(t)
	s := c.boot("one")
	for _, x := range []struct {
		member, from, before string // there from one version on, and not before the other
	}{
		{"locked", "2.9", "2.8"}, {"description", "2.19", "2.18"}, {"tags", "2.26", "2.25"}, {"trusted_image_certificates", "2.63", "2.62"},
		{"server_groups", "2.71", "2.70"}, {"locked_reason", "2.73", "2.72"}, {"OS-EXT-SRV-ATTR:hostname", "2.90", "2.89"},
	} {
		if _, there := c.get(x.from, "/servers/"+s.ID)["server"].(map[string]any)[x.member]; !there {
			t.Errorf("%s is not there in %s", x.member, x.from)
		}
		if _, there := c.get(x.before, "/servers/"+s.ID)["server"].(map[string]any)[x.member]; there {
			t.Errorf("%s is there in %s", x.member, x.before)
		}
	}
	c.talk(
		exchange{"", "GET /servers/" + s.ID, "2.46", 200, `"flavor":{"id":"1","links":[{`},
		exchange{"", "GET /servers/" + s.ID, "2.47", 200, `"original_name":"nano"`},
		exchange{"", "GET /servers/" + s.ID, "2.1", 200, `"private":[{"OS-EXT-IPS-MAC:mac_addr":"fa:16:3e:00:00:01","OS-EXT-IPS:type":"fixed","addr":"10.0.0.5","version":4},{`},
		exchange{"admin", "GET /servers/" + s.ID, "2.16", 200, `"host_status":"UP"`},
		exchange{"admin", "GET /servers/" + s.ID, "2.3", 200, `"OS-EXT-SRV-ATTR:user_data":"aGk="`},
		exchange{"admin", "GET /servers/" + s.ID, "2.2", 200, `"OS-EXT-SRV-ATTR:instance_name":"instance-0`},
		exchange{"", "GET /servers/" + s.ID + "/os-security-groups", "", 200, `"ip_range":{"cidr":"0.0.0.0/0"}`},
		exchange{"bob", "GET /servers/" + s.ID + "/os-security-groups", "", 404, ""},
		exchange{"bob", "GET /servers/" + s.ID, "", 404, "Instance " + s.ID + " could not be found."},
		exchange{"", "GET /servers/" + absentID, "", 404, "itemNotFound"},
		exchange{"", "PUT /servers/" + s.ID + ` {"server": {"name": "two"}}`, "2.74", 200, `"name":"two"`},
		exchange{"", "PUT /servers/" + s.ID + ` {"server": {"description": null}}`, "", 200, `"OS-EXT-STS:vm_state":"active"`},
		exchange{"", "PUT /servers/" + s.ID + ` {"server": {"description": "d"}}`, "2.18", 400, "unexpected"},
		exchange{"reader", "PUT /servers/" + s.ID + ` {"server": {"name": "x"}}`, "", 403, "servers:update"},
		exchange{"", "GET /servers/detail", "v2", 200, "/compute/v2/servers/" + s.ID},
	)
}

// TestListsShowWhatEachCallerMaySee: what is remembered of a list is shown to nobody else, in no other version, and not after a change.
func TestListsShowWhatEachCallerMaySee(t *testing.T) {
	c := start(t)
	s := c.boot("one")
	for _, change := range []func(){
		func() {},
		func() { c.change(s.ID, func(s *nova.Server) { s.Name = "other" }) },
		func() {
			c.talk(exchange{"admin", `PUT /os-services/disable {"host": "host1", "binary": "nova-compute"}`, "2.1", 200, "disabled"})
		},
	} {
		change()
		for range 2 {
			for _, who := range []string{"admin", "alice", "reader"} {
				for _, version := range []string{"v2", "2.1", "2.3", "2.9", "2.16", "2.47", "2.73", "latest"} {
					_, list, _ := c.ask(who, version, "GET /servers/detail?"+map[bool]string{true: "all_tenants=1"}[who == "admin"])
					_, shown, _ := c.ask(who, version, "GET /servers/"+s.ID)
					one := strings.TrimSuffix(strings.TrimPrefix(strings.Replace(shown, `,"server_groups":[]`, "", 1), `{"server":`), "}")
					if list != `{"servers":[`+one+"]}" {
						t.Errorf("%s sees in %s a list\n%s\nof\n%s", who, version, list, one)
					}
				}
			}
		}
	}
}

func TestListsFilterSortAndPage(t *testing.T) {
	c := start(t)
	a, b := c.boot("alpha"), c.boot("beta")
	c.change(b.ID, func(s *nova.Server) { s.VMState = nova.Stopped })
	c.talk(
		exchange{"", "GET /servers?limit=1&sort_key=display_name&sort_dir=asc", "", 200, `"servers_links":[{"href":"` + c.url + `/compute/v2.1/servers?limit=1&marker=` + a.ID},
		exchange{"", "GET /servers?limit=1&marker=" + a.ID + "&sort_key=display_name&sort_dir=asc", "", 200, "beta"},
		exchange{"", "GET /servers?status=shutoff", "", 200, "beta"},
		exchange{"", "GET /servers?status=nonsense", "2.37", 200, `{"servers":[]}`},
		exchange{"", "GET /servers?status=nonsense", "2.38", 400, "Invalid status value"},
		exchange{"", "GET /servers?status=deleted", "", 403, "Only administrators may list deleted instances"},
		exchange{"", "GET /servers?limit=x", "", 400, "limit"}, exchange{"", "GET /servers?limit=-1", "", 400, "limit"},
		exchange{"", "GET /servers?marker=" + absentID, "", 400, "marker [" + absentID + "] not found"},
		exchange{"", "GET /servers?changes-since=2051-01-01T12:34:00Z", "", 200, `{"servers":[]}`},
		exchange{"", "GET /servers?changes-since=2011/01/01", "", 400, "changes-since"},
		exchange{"", "GET /servers?flavor=nonexisting", "", 200, `{"servers":[]}`},
		exchange{"", "GET /servers?image=" + absentID, "", 200, `{"servers":[]}`},
		exchange{"", "GET /servers?name=alp.*", "", 200, "alpha"}, exchange{"", "GET /servers?name=(", "", 400, "regex"},
		exchange{"", "GET /servers?ip=10.0.0.5", "", 200, "alpha"},
		exchange{"", "GET /servers?tags=one", "", 200, "alpha"}, exchange{"", "GET /servers?not-tags=one", "", 200, `{"servers":[]}`},
		exchange{"", "GET /servers?nonsense=1", "2.74", 200, "alpha"}, exchange{"", "GET /servers?nonsense=1", "2.75", 400, "unexpected"},
		exchange{"", "GET /servers?sort_key=host", "", 403, "Only administrators can sort servers by host"},
		exchange{"", "GET /servers?sort_key=nonsense", "", 400, "sort_key"},
		exchange{"", "GET /servers?all_tenants=1", "", 403, "get_all_tenants"},
		exchange{"admin", "GET /servers", "", 200, `{"servers":[]}`}, exchange{"admin", "GET /servers?all_tenants=1", "", 200, "alpha"},
		exchange{"admin", "GET /servers?all_tenants=1&host=elsewhere", "", 200, `{"servers":[]}`},
		exchange{"", "GET /servers?host=elsewhere", "2.1", 200, "alpha"}, // a filter that is not for users is ignored
		exchange{"bob", "GET /servers/detail", "", 200, `{"servers":[]}`},
	)
}

func TestActions(t *testing.T) {
	c := start(t)
	s := c.boot("one")
	act := func(body string) string { return "POST /servers/" + s.ID + "/action " + body }
	settle := func(vm nova.VMState) {
		c.change(s.ID, func(s *nova.Server) { s.VMState, s.TaskState = vm, nova.NoTask })
	}
	for _, x := range []struct {
		body, task string
		from       nova.VMState
	}{
		{`{"os-stop": null}`, "powering-off", nova.Active}, {`{"os-start": null}`, "powering-on", nova.Stopped},
		{`{"reboot": {"type": "SOFT"}}`, "rebooting", nova.Active}, {`{"reboot": {"type": "Hard"}}`, "rebooting_hard", nova.Active},
		{`{"pause": null}`, "pausing", nova.Active}, {`{"unpause": null}`, "unpausing", nova.Paused},
		{`{"suspend": null}`, "suspending", nova.Active}, {`{"resume": null}`, "resuming", nova.Suspended},
	} {
		settle(x.from)
		c.talk(
			exchange{"", act(x.body), "", 202, ""},
			exchange{"", "GET /servers/" + s.ID, "", 200, `"OS-EXT-STS:task_state":"` + x.task + `"`},
		)
	}
	settle(nova.Active)
	c.talk(
		exchange{"", act(`{"os-start": null}`), "", 409, "Cannot 'start' instance " + s.ID + " while it is in vm_state active"},
		exchange{"", act(`{"nonsense": null}`), "", 400, "There is no such action: nonsense"},
		exchange{"", act(`{"os-stop": null, "os-start": null}`), "", 400, "Malformed request body"},
		exchange{"", act(`{"reboot": {"type": "gently"}}`), "", 400, "is not one of"},
		exchange{"", act(`{"os-resetState": {"state": "error"}}`), "", 403, "reset_state"},
		exchange{"reader", act(`{"os-stop": null}`), "", 403, "servers:stop"},
		exchange{"bob", act(`{"os-stop": null}`), "", 404, "could not be found"},
		exchange{"", act(`{"lock": {"locked_reason": "mine"}}`), "2.73", 202, ""},
		exchange{"", "GET /servers/" + s.ID, "", 200, `"locked_reason":"mine"`},
		exchange{"", act(`{"os-stop": null}`), "", 409, "is locked"},
		exchange{"", act(`{"lock": {"locked_reason": ""}}`), "2.73", 400, ""},
		exchange{"", act(`{"unlock": null}`), "", 202, ""},
		exchange{"admin", act(`{"os-resetState": {"state": "error"}}`), "", 202, ""},
		exchange{"", "GET /servers/" + s.ID, "", 200, `"status":"ERROR"`},
		exchange{"", "GET /servers/" + s.ID + "/os-instance-actions", "", 200, `"action":"pause"`},
		exchange{"", "GET /servers/" + s.ID + "/os-instance-actions?limit=1", "", 200, `"links":[{`},
		exchange{"", "GET /servers/" + s.ID + "/os-instance-actions/req-x", "", 404, "Action req-x not found"},
		exchange{"bob", "GET /servers/" + s.ID + "/os-instance-actions", "", 404, ""},
		exchange{"", "DELETE /servers/" + s.ID, "", 204, ""}, exchange{"", "DELETE /servers/" + absentID, "", 404, ""},
	)
}

func TestMetadataTagsAndPorts(t *testing.T) {
	c := start(t)
	s := c.boot("one")
	at := "/servers/" + s.ID
	c.talk(
		exchange{"", "GET " + at + "/metadata", "", 200, `{"metadata":{"role":"web"}}`},
		exchange{"", "POST " + at + `/metadata {"metadata": {"a": "b"}}`, "", 200, `"role":"web"`},
		exchange{"", "PUT " + at + `/metadata {"metadata": {"c": "d"}}`, "", 200, `{"metadata":{"c":"d"}}`},
		exchange{"", "PUT " + at + `/metadata/c {"meta": {"c": "e"}}`, "", 200, `{"meta":{"c":"e"}}`},
		exchange{"", "PUT " + at + `/metadata/c {"meta": {"x": "e"}}`, "", 400, "Request body and URI mismatch"},
		exchange{"", "DELETE " + at + "/metadata/c", "", 204, ""}, exchange{"", "GET " + at + "/metadata/c", "", 404, "Metadata item was not found"},
		exchange{"", "POST " + at + `/metadata {"metadata": {"a": null}}`, "", 400, ""},
		exchange{"", "GET " + at + "/tags", "2.25", 404, ""}, exchange{"", "GET " + at + "/tags", "", 200, `{"tags":["one"]}`},
		exchange{"", "PUT " + at + "/tags/two", "", 201, ""}, exchange{"", "PUT " + at + "/tags/two", "", 204, ""},
		exchange{"", "GET " + at + "/tags/three", "", 404, "has no tag 'three'"}, exchange{"", "PUT " + at + "/tags/a,b", "", 400, "invalid"},
		exchange{"", "PUT " + at + `/tags {"tags": ["x"]}`, "", 200, `{"tags":["x"]}`}, exchange{"", "DELETE " + at + "/tags", "", 204, ""},
		exchange{"", "GET " + at + "/ips", "", 200, `"private":[{"addr":"10.0.0.5","version":4}`},
		exchange{"", "GET " + at + "/ips/nowhere", "", 404, "not a member"},
		exchange{"", "GET " + at + "/os-interface", "", 200, `"port_state":"ACTIVE"`},
		exchange{"", "GET " + at + "/os-interface/" + absentID, "", 404, "does not have a port"},
		exchange{"", "POST " + at + `/os-interface {"interfaceAttachment": {"fixed_ips": [{"ip_address": "10.0.0.9"}]}}`, "", 400, "Must input network_id"},
		exchange{"reader", "DELETE " + at + "/tags", "", 403, ""},
	)
}

func TestFailuresTellAdministratorsWhy(t *testing.T) {
	c := start(t)
	s := c.boot("one")
	c.change(s.ID, func(s *nova.Server) {
		s.VMState, s.Fault = nova.ErrorState, &nova.Failure{Code: 500, Message: "No valid host was found.", Details: "secret", Created: time.Now()}
	})
	if f := c.get("latest", "/servers/"+s.ID)["server"].(map[string]any)["fault"].(map[string]any); f["details"] != nil {
		t.Errorf("users read %v", f)
	}
	c.talk(exchange{"admin", "GET /servers/" + s.ID, "", 200, `"details":"secret"`})
}
