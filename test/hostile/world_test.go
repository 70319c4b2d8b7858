package hostile

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cumulet/test/cloud"
)

// world is a cloud with one who tries and one who must not lose anything by it.
type world struct {
	*cloud.Cloud
	nobody, admin, member, victim *cloud.Client
	// The victim's things, by the path of their lists.
	ids map[string]string
	// What the member may use in good bodies: {network}, {subnet}, {image}, {flavor}, {project}, {user}.
	known map[string]string
}

func newWorld(t *testing.T, env ...string) *world {
	t.Helper()
	w := &world{Cloud: cloud.Start(t, env...), ids: map[string]string{}, known: map[string]string{}}
	w.nobody = &cloud.Client{Cloud: w.Cloud}
	w.admin = w.Admin(t)
	w.member = w.Account(t, w.admin, "mallory", "member")
	w.victim = w.Account(t, w.admin, "alice", "member")
	network := w.make(t, "/network/v2.0/networks", "network", cloud.M{"name": "mine"})
	w.make(t, "/network/v2.0/subnets", "subnet", cloud.M{"network_id": network, "ip_version": 4, "cidr": "10.0.0.0/24"})
	w.make(t, "/network/v2.0/ports", "port", cloud.M{"network_id": network})
	w.make(t, "/network/v2.0/routers", "router", cloud.M{"name": "mine"})
	group := w.make(t, "/network/v2.0/security-groups", "security_group", cloud.M{"name": "mine"})
	w.make(t, "/network/v2.0/security-group-rules", "security_group_rule", cloud.M{"security_group_id": group, "direction": "ingress", "protocol": "tcp"})
	public := cloud.ID(w.victim.Ask(t, "GET", "/network/v2.0/networks?router:external=true", nil).List(t, "networks")[0])
	w.make(t, "/network/v2.0/floatingips", "floatingip", cloud.M{"floating_network_id": public})
	image := w.image(t, w.victim, "raw", []byte("bits"))
	w.ids["/image/v2/images"] = image
	w.make(t, "/compute/v2.1/os-keypairs", "keypair", cloud.M{"name": "mine"})
	w.ids["/compute/v2.1/os-keypairs"] = "mine"
	w.make(t, "/compute/v2.1/servers", "server", cloud.M{"name": "mine", "flavorRef": "42", "imageRef": image, "networks": "none"}, "2.93")
	w.active(t)
	w.make(t, "/compute/v2.1/os-server-groups", "server_group", cloud.M{"name": "mine", "policies": []string{"affinity"}})
	w.known["network"] = cloud.ID(w.member.Ask(t, "POST", "/network/v2.0/networks", cloud.M{"network": cloud.M{"name": "own"}}).Object(t, "network"))
	w.known["subnet"] = cloud.ID(w.member.Ask(t, "POST", "/network/v2.0/subnets", cloud.M{"subnet": cloud.M{
		"network_id": w.known["network"], "ip_version": 4, "cidr": "10.0.0.0/24"}}).Object(t, "subnet"))
	w.known["group"] = cloud.ID(w.member.Ask(t, "POST", "/network/v2.0/security-groups", cloud.M{"security_group": cloud.M{"name": "own"}}).Object(t, "security_group"))
	w.known["image"], w.known["public"] = w.image(t, w.member, "raw", []byte("bits")), public
	w.known["project"], w.known["user"] = w.member.ProjectID, w.member.UserID
	return w
}

// make makes one of the victim's things.
func (w *world) make(t *testing.T, path, noun string, body cloud.M, version ...string) string {
	t.Helper()
	header := http.Header{}
	for _, v := range version {
		header.Set("OpenStack-API-Version", "compute "+v)
	}
	a, err := w.victim.SendJSON("POST", path, header, cloud.M{noun: body})
	if err != nil || !a.Good() {
		t.Fatal(a, err)
	}
	w.ids[path] = cloud.ID(a.Object(t, noun))
	return w.ids[path]
}

// image makes an image and uploads its bits.
func (w *world) image(t *testing.T, as *cloud.Client, format string, bits []byte) string {
	t.Helper()
	id := w.queued(t, as, format)
	a, err := as.Send("PUT", "/image/v2/images/"+id+"/file", octets, bits)
	if err != nil || !a.Good() {
		t.Fatal(a, err)
	}
	return id
}

// active waits until the victim's server is built, so that it does not change of itself.
func (w *world) active(t *testing.T) {
	t.Helper()
	limit := time.NewTimer(time.Minute)
	defer limit.Stop()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		server := w.victim.Ask(t, "GET", "/compute/v2.1/servers/"+w.ids["/compute/v2.1/servers"], nil).Object(t, "server")
		if server["status"] == "ACTIVE" {
			return
		}
		select {
		case <-again.C:
		case <-limit.C:
			t.Fatalf("not built: %v", server)
		}
	}
}

// octets is the type of an image's bits.
var octets = http.Header{"Content-Type": {"application/octet-stream"}}

// queued makes an image that waits for its bits.
func (w *world) queued(t *testing.T, as *cloud.Client, format string) string {
	t.Helper()
	var image struct{ ID string }
	a := as.Ask(t, "POST", "/image/v2/images", cloud.M{"name": "x", "disk_format": format, "container_format": "bare"})
	if err := a.Decode(&image); err != nil {
		t.Fatal(err)
	}
	return image.ID
}

// stored are the files in the image store.
func (w *world) stored(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(filepath.Join(w.Data, "images"), func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// lists are every collection's path and the member that holds it.
var lists = map[string]string{
	"/network/v2.0/networks": "networks", "/network/v2.0/subnets": "subnets", "/network/v2.0/ports": "ports",
	"/network/v2.0/routers": "routers", "/network/v2.0/floatingips": "floatingips",
	"/network/v2.0/security-groups": "security_groups", "/network/v2.0/security-group-rules": "security_group_rules",
	"/image/v2/images": "images", "/compute/v2.1/servers": "servers", "/compute/v2.1/os-keypairs": "keypairs",
	"/compute/v2.1/os-server-groups": "server_groups", "/compute/v2.1/flavors": "flavors",
	"/compute/v2.1/os-aggregates": "aggregates",
	"/identity/v3/projects":       "projects", "/identity/v3/users": "users", "/identity/v3/groups": "groups",
	"/identity/v3/roles": "roles", "/identity/v3/domains": "domains", "/identity/v3/services": "services",
	"/identity/v3/endpoints": "endpoints", "/identity/v3/regions": "regions", "/identity/v3/role_assignments": "role_assignments",
	"/placement/resource_providers": "resource_providers", "/placement/resource_classes": "resource_classes", "/placement/traits": "traits",
}

// all is what the whole cloud holds, by list: the victim's things wholly, as JSON, and the ids of everybody's.
func (w *world) all(t *testing.T) map[string]string {
	t.Helper()
	held := map[string]string{}
	for path := range lists {
		header := http.Header{"OpenStack-API-Version": {"placement 1.6"}}
		for name, who := range map[string]*cloud.Client{"admin": w.admin, "victim": w.victim} {
			query := ""
			if path == "/compute/v2.1/servers" && name == "admin" {
				query = "?all_tenants=1"
			}
			a, err := who.Send("GET", path+query, header, nil)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case name == "admin":
				held["everybody's "+path] = identities(t, a, lists[path])
			case a.Good():
				held["the victim's "+path] = canonical(a.Body)
			}
		}
	}
	return held
}

// identities are what a list's things are known by, in order.
func identities(t *testing.T, a cloud.Answer, list string) string {
	t.Helper()
	var body map[string]any
	if err := a.Decode(&body); err != nil {
		t.Fatalf("%s: %v", a, err)
	}
	things, _ := body[list].([]any)
	all := []string{}
	for _, thing := range things {
		name := fmt.Sprint(thing)
		if m, ok := thing.(cloud.M); ok {
			for _, key := range []string{"name", "uuid", "id"} {
				if m[key] != nil {
					name = fmt.Sprint(m[key])
				}
			}
		}
		all = append(all, name)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// canonical is JSON with its members in order.
func canonical(raw []byte) string {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return string(raw)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// unchanged compares what the cloud holds now with what it held.
func (w *world) unchanged(t *testing.T, before map[string]string) {
	t.Helper()
	for list, now := range w.all(t) {
		if now != before[list] {
			t.Errorf("%s has changed:\n%.1500s\n%.1500s", list, before[list], now)
		}
	}
}

// sound holds an answer to what every answer must be: no failure of ours.
func sound(t *testing.T, what string, a cloud.Answer, err error) {
	t.Helper()
	switch {
	case err != nil:
		t.Errorf("%s: %s: %v", what, a.Asked, err)
	case a.Status >= http.StatusInternalServerError:
		t.Errorf("%s: %.300s", what, fmt.Sprint(a))
	}
}
