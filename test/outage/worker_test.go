package outage

import (
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"

	"cumulet/test/cloud"
)

const (
	networksPath = "/network/v2.0/networks"
	serversPath  = "/compute/v2.1/servers"
)

// worker makes things, one after the other.
type worker struct {
	t       *testing.T
	place   place
	name    string
	made    []made
	refused int // how many requests were told to come again
}

// place is where workers work.
type place struct {
	user       *cloud.Client
	hub, image string
}

// made is what a worker asked for.
type made struct {
	kind, path, name string
	id               string // empty when there was no good answer
}

// newPlace makes what workers need.
func newPlace(t *testing.T, user *cloud.Client) place {
	t.Helper()
	p := place{user: user}
	p.hub = cloud.ID(user.Ask(t, "POST", networksPath, cloud.M{"network": cloud.M{"name": "hub"}}).Object(t, "network"))
	user.Ask(t, "POST", "/network/v2.0/subnets", cloud.M{"subnet": cloud.M{"network_id": p.hub, "ip_version": 4, "cidr": "10.9.0.0/20"}})
	a := user.Ask(t, "POST", "/image/v2/images", cloud.M{"name": "bits", "disk_format": "raw", "container_format": "bare"})
	var image struct{ ID string }
	if err := a.Decode(&image); err != nil {
		t.Fatal(err)
	}
	p.image = image.ID
	sent, err := user.Send("PUT", "/image/v2/images/"+p.image+"/file", http.Header{"Content-Type": {"application/octet-stream"}}, make([]byte, 1<<16))
	if err != nil || !sent.Good() {
		t.Fatal(sent, err)
	}
	return p
}

// allWorkers runs the workers to their end; each tells began after its first turn.
func allWorkers(t *testing.T, p place, began chan<- struct{}) []*worker {
	var running sync.WaitGroup
	workers := make([]*worker, clients)
	for i := range workers {
		w := &worker{t: t, place: p, name: fmt.Sprintf("worker-%d", i)}
		workers[i] = w
		running.Go(func() {
			for n := range turns {
				w.turn(n)
				if n == 0 {
					began <- struct{}{}
				}
			}
		})
	}
	running.Wait()
	return workers
}

// turn makes a network and a server, and looks at what is known to be there.
func (w *worker) turn(n int) {
	name := fmt.Sprintf("%s-%d", w.name, n)
	w.make("network", networksPath, name, cloud.M{"name": name})
	w.make("server", serversPath, name, cloud.M{
		"name": name, "flavorRef": "42", "imageRef": w.place.image, "networks": []cloud.M{{"uuid": w.place.hub}},
	})
	a, err := w.place.user.JSON("GET", networksPath+"/"+w.place.hub, nil)
	if err != nil || !a.Good() && !comesAgain(a) {
		w.t.Errorf("a network that is there: %v %v", a, err)
	}
}

func (w *worker) make(kind, path, name string, body cloud.M) {
	m := made{kind: kind, path: path, name: name}
	a, err := w.place.user.JSON("POST", path, cloud.M{kind: body})
	switch {
	case err == nil && a.Good():
		m.id = cloud.ID(a.Object(w.t, kind))
	case err == nil && comesAgain(a):
		w.refused++
	default:
		w.t.Errorf("%s %s: %v %v", kind, name, a, err)
	}
	w.made = append(w.made, m)
}

// check holds what is there against what was answered: what was promised is there and comes to its good end; what was not may be
// there or not, once at most.
func (m made) check(t *testing.T, user *cloud.Client) {
	t.Helper()
	if m.id == "" {
		found := user.Ask(t, "GET", m.path+"?name="+url.QueryEscape(m.name), nil).List(t, m.kind+"s")
		if m.kind == "network" && len(found) > 1 {
			t.Errorf("%d networks are named %s", len(found), m.name)
		}
		return
	}
	eventually(t, m.kind+" "+m.name+" is as promised", func() error {
		a := user.Ask(t, "GET", m.path+"/"+m.id, nil)
		switch status := a.Object(t, m.kind)["status"]; status {
		case "ACTIVE":
			return nil
		case "ERROR":
			t.Errorf("%s %s: %v\n%s", m.kind, m.name, a.Object(t, m.kind)["fault"], a)
			return nil
		default:
			return fmt.Errorf("it is %v", status)
		}
	})
}

// removeAll deletes what the workers made, and waits until it is gone.
func removeAll(t *testing.T, user *cloud.Client) {
	t.Helper()
	for _, kind := range []struct{ list, path string }{{"servers", serversPath}, {"networks", networksPath}} {
		eventually(t, kind.list+" are deleted", func() error {
			left := user.Ask(t, "GET", kind.path+"?project_id="+user.ProjectID, nil).List(t, kind.list)
			for _, one := range left {
				if a, err := user.JSON("DELETE", kind.path+"/"+cloud.ID(one), nil); err != nil || !a.Good() && a.Status != http.StatusNotFound {
					return fmt.Errorf("%v %v", a, err)
				}
			}
			if len(left) > 0 {
				return fmt.Errorf("%d are left", len(left))
			}
			return nil
		})
	}
}
