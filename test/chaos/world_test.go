package chaos

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"cumulet/test/cloud"
)

// world is a cloud with what operations work on.
type world struct {
	*site
	admin, user                            *cloud.Client
	image, network, subnet, router, public string

	used map[string]string // of the project's quotas, before any operation
	idle map[string]bool   // names of boundaries that are met when nothing is asked
}

const account = "chaos"

// furnish makes what operations need.
func furnish(t *testing.T, s *site) *world {
	t.Helper()
	w := &world{site: s}
	w.admin = s.cloud.Admin(t)
	w.user = s.cloud.Account(t, w.admin, account, "member")
	content, format := bits(), "raw"
	if s.guest != "" {
		var err error
		if content, err = os.ReadFile(s.guest); err != nil {
			t.Fatal(err)
		}
		format = "qcow2"
	}
	w.image = w.newImage("base", format)
	if a := w.put(w.image, content, nil); a.Status != http.StatusNoContent {
		t.Fatal(a)
	}
	w.network = w.make("network", "/network/v2.0/networks", cloud.M{"name": account})
	w.subnet = w.make("subnet", "/network/v2.0/subnets", cloud.M{"network_id": w.network, "ip_version": 4, "cidr": "10.1.0.0/24"})
	w.public = cloud.ID(w.user.Ask(t, "GET", "/network/v2.0/networks?router:external=true", nil).List(t, "networks")[0])
	w.router = w.make("router", "/network/v2.0/routers", cloud.M{"name": account, "external_gateway_info": cloud.M{"network_id": w.public}})
	w.user.Ask(t, "PUT", "/network/v2.0/routers/"+w.router+"/add_router_interface", cloud.M{"subnet_id": w.subnet})
	w.until("a server can be made", func() error { return w.tryServer() })
	var err error
	if w.used, err = w.quotas(); err != nil {
		t.Fatal(err)
	}
	return w
}

// make makes a thing and gives its id.
func (w *world) make(kind, path string, body cloud.M) string {
	w.t.Helper()
	return cloud.ID(w.user.Ask(w.t, "POST", path, cloud.M{kind: body}).Object(w.t, kind))
}

// tryServer makes a server and deletes it: at its start a cloud may not know its hosts yet.
func (w *world) tryServer() error {
	a, err := w.createServer("first", nil)
	if err != nil || !a.Good() {
		return fmt.Errorf("%s: %v", a, err)
	}
	id := cloud.ID(a.Object(w.t, "server"))
	var state string
	w.until("the first server is built", func() error {
		if state, err = w.status(id); err == nil && strings.HasPrefix(state, "BUILD") {
			err = fmt.Errorf("it is %s", state)
		}
		return err
	})
	if deleteErr := w.remove("/compute/v2.1/servers/" + id); deleteErr != nil {
		return deleteErr
	}
	w.until("the first server is deleted", func() error { return w.gone(id) })
	if state != "ACTIVE" {
		return fmt.Errorf("it is %s, %v", state, err)
	}
	return nil
}

func (w *world) createServer(name string, header http.Header) (cloud.Answer, error) {
	return w.user.SendJSON("POST", "/compute/v2.1/servers", header, cloud.M{"server": cloud.M{
		"name": name, "flavorRef": "42", "imageRef": w.image, "networks": []cloud.M{{"uuid": w.network}}}})
}

// server makes a server that runs.
func (w *world) server() string {
	w.t.Helper()
	a, err := w.createServer(account, nil)
	if err != nil || !a.Good() {
		w.t.Fatal(a, err)
	}
	id := cloud.ID(a.Object(w.t, "server"))
	w.until("the server runs", func() error { return w.is(id, "ACTIVE") })
	return id
}

// status is how users see a server; "" for one that is not there.
func (w *world) status(id string) (string, error) {
	a, err := w.user.JSON("GET", "/compute/v2.1/servers/"+id, nil)
	if err != nil || a.Status == http.StatusNotFound {
		return "", err
	}
	if !a.Good() {
		return "", fmt.Errorf("%s", a)
	}
	server := a.Object(w.t, "server")
	status, _ := server["status"].(string)
	if task := server["OS-EXT-STS:task_state"]; task != nil {
		return fmt.Sprintf("%s (%v)", status, task), nil
	}
	if fault, ok := server["fault"].(cloud.M); ok && status == "ERROR" && fault["message"] == "" {
		return "", fmt.Errorf("it is in ERROR without a reason")
	}
	return status, nil
}

// is tells whether a server rests in one of the states.
func (w *world) is(id string, states ...string) error {
	status, err := w.status(id)
	if err == nil && !slices.Contains(states, status) {
		err = fmt.Errorf("server %s is %q, not %s", id, status, strings.Join(states, " or "))
	}
	return err
}

func (w *world) gone(id string) error { return w.is(id, "") }

// remove deletes a thing; one that is not there is no error.
func (w *world) remove(path string) error {
	a, err := w.user.JSON("DELETE", path, nil)
	if err == nil && !a.Good() && a.Status != http.StatusNotFound {
		err = fmt.Errorf("%s", a)
	}
	return err
}

// every gives the ids of the things in a list.
func (w *world) every(path, list string) ([]string, error) {
	a, err := w.user.JSON("GET", path, nil)
	if err != nil || !a.Good() {
		return nil, fmt.Errorf("%s: %v", a, err)
	}
	var ids []string
	for _, object := range a.List(w.t, list) {
		ids = append(ids, cloud.ID(object))
	}
	return ids, nil
}

// clear removes all servers, floating addresses and images that operations made, and waits until they are gone.
func (w *world) clear() error {
	for _, kind := range []struct{ path, list string }{
		{"/network/v2.0/floatingips", "floatingips"}, {"/compute/v2.1/servers", "servers"}, {"/image/v2/images", "images"},
	} {
		err := w.wait(func() error {
			ids, err := w.every(kind.path, kind.list)
			if err != nil {
				return err
			}
			left := 0
			for _, id := range ids {
				if id != w.image {
					left++
					if err := w.remove(kind.path + "/" + id); err != nil {
						return err
					}
				}
			}
			if left > 0 {
				return fmt.Errorf("%d %s are left", left, kind.list)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *world) newImage(name, format string) string {
	w.t.Helper()
	a := w.user.Ask(w.t, "POST", "/image/v2/images", cloud.M{"name": name, "disk_format": format, "container_format": "bare"})
	var image struct{ ID string }
	if err := a.Decode(&image); err != nil {
		w.t.Fatal(a, err)
	}
	return image.ID
}

// put uploads an image's bits.
func (w *world) put(id string, content []byte, header http.Header) cloud.Answer {
	return w.bring(id, "file", content, header)
}

// bring sends an image's bits to where the API takes them: file or stage.
func (w *world) bring(id, to string, content []byte, header http.Header) cloud.Answer {
	a, err := w.user.Send("PUT", "/image/v2/images/"+id+"/"+to, withType(header, "application/octet-stream"), content)
	if err != nil {
		a.Body = []byte(err.Error())
	}
	return a
}

func withType(header http.Header, kind string) http.Header {
	all := http.Header{"Content-Type": {kind}}
	for name, values := range header {
		all[name] = values
	}
	return all
}

// bits are an image's.
func bits() []byte {
	b := make([]byte, 300<<10)
	for i := range b {
		b[i] = byte(i>>8) ^ byte(i)
	}
	return b
}

// quotas are what the project uses of its quotas.
func (w *world) quotas() (map[string]string, error) {
	used := map[string]string{}
	for _, ask := range []struct {
		path, member string
		each         func(name string, n any)
	}{
		{"/compute/v2.1/limits?tenant_id=" + w.user.ProjectID, "limits", func(_ string, n any) {
			absolute, _ := n.(cloud.M)
			for name, n := range absolute {
				if strings.HasSuffix(name, "Used") {
					used[name] = fmt.Sprint(n)
				}
			}
		}},
		{"/network/v2.0/quotas/" + w.user.ProjectID + "/details", "quota", func(name string, n any) {
			if detail, ok := n.(cloud.M); ok {
				used[name] = fmt.Sprint(detail["used"])
			}
		}},
		{"/placement/usages?project_id=" + w.user.ProjectID, "usages", func(name string, n any) {
			if n != 0.0 { // what was used once is listed with none
				used[name] = fmt.Sprint(n)
			}
		}},
	} {
		a, err := w.admin.SendJSON("GET", ask.path, http.Header{"Openstack-Api-Version": {"placement 1.9"}}, nil)
		if err != nil || !a.Good() {
			return nil, fmt.Errorf("%s: %v", a, err)
		}
		for name, n := range a.Object(w.t, ask.member) {
			ask.each(name, n)
		}
	}
	return used, nil
}
