package chaos

import (
	"fmt"
	"net/http"

	"cumulet/test/cloud"
)

// operation is what a user asks of the cloud while a process dies.
type operation struct {
	name string
	// prepare makes what it works on, and gives its id.
	prepare func(w *world) string
	// ask is the request; the header has its trace.
	ask func(w *world, id string, trace http.Header) (cloud.Answer, error)
	// ended tells whether all that it works on is in a final state that is allowed after the answer, where one came, or how it
	// stands. outcome is that state, for the table.
	ended func(w *world, id string, answered bool) (outcome string, err error)
}

const servers = "/compute/v2.1/servers/"

// operations are those that the kill test plays.
func operations() []operation {
	runs := func(w *world) string { return w.server() }
	return []operation{
		{name: "server create", prepare: nothing, ask: create, ended: created},
		{name: "server delete", prepare: runs, ask: remove, ended: deleted},
		{name: "server delete during its build", prepare: builds, ask: remove, ended: deleted},
		{name: "server stop", prepare: runs, ask: action("os-stop", nil), ended: rests("SHUTOFF", "ACTIVE")},
		{name: "server start", prepare: stopped, ask: action("os-start", nil), ended: rests("ACTIVE", "SHUTOFF")},
		{name: "server reboot", prepare: runs, ask: action("reboot", cloud.M{"type": "HARD"}), ended: rests("ACTIVE", "ACTIVE")},
		{name: "image upload", prepare: queued, ask: upload, ended: uploaded},
		{name: "image import", prepare: staged, ask: importImage, ended: imported},
		{name: "floating ip association", prepare: floating, ask: associate, ended: associated},
	}
}

func nothing(*world) string { return "" }

func create(w *world, _ string, trace http.Header) (cloud.Answer, error) {
	return w.createServer("victim", trace)
}

// created: a creation that was answered ends in ACTIVE or in ERROR with the reason, one that was not may not have begun.
func created(w *world, _ string, answered bool) (string, error) {
	ids, err := w.every("/compute/v2.1/servers?name=victim", "servers")
	if err != nil {
		return "", err
	}
	if len(ids) == 0 && !answered {
		return "none", nil
	}
	if len(ids) != 1 {
		return "", fmt.Errorf("there are %d servers", len(ids))
	}
	if err := w.is(ids[0], "ACTIVE", "ERROR"); err != nil {
		return "", err
	}
	return w.status(ids[0])
}

func remove(w *world, id string, trace http.Header) (cloud.Answer, error) {
	return w.user.SendJSON("DELETE", servers+id, trace, nil)
}

// builds makes a server and does not wait for it.
func builds(w *world) string {
	w.t.Helper()
	a, err := w.createServer("victim", nil)
	if err != nil || !a.Good() {
		w.t.Fatal(a, err)
	}
	return cloud.ID(a.Object(w.t, "server"))
}

func deleted(w *world, id string, answered bool) (string, error) {
	status, err := w.status(id)
	switch {
	case err != nil:
		return "", err
	case status == "":
		return "deleted", nil
	case status == "ACTIVE" && !answered:
		return status, nil
	}
	return "", fmt.Errorf("server %s is %q", id, status)
}

func stopped(w *world) string {
	w.t.Helper()
	id := w.server()
	w.user.Ask(w.t, "POST", servers+id+"/action", cloud.M{"os-stop": nil})
	w.until("the server is stopped", func() error { return w.is(id, "SHUTOFF") })
	return id
}

func action(name string, body any) func(*world, string, http.Header) (cloud.Answer, error) {
	return func(w *world, id string, trace http.Header) (cloud.Answer, error) {
		return w.user.SendJSON("POST", servers+id+"/action", trace, cloud.M{name: body})
	}
}

// rests: a change of power that was answered is carried out, one that was not may not have begun.
func rests(wanted, before string) func(*world, string, bool) (string, error) {
	return func(w *world, id string, answered bool) (string, error) {
		states := []string{wanted}
		if !answered {
			states = append(states, before)
		}
		if err := w.is(id, states...); err != nil {
			return "", err
		}
		return w.status(id)
	}
}

func queued(w *world) string {
	w.t.Helper()
	return w.newImage("victim", "raw")
}

func upload(w *world, id string, trace http.Header) (cloud.Answer, error) {
	a := w.put(id, bits(), trace)
	if a.Status == 0 {
		return a, fmt.Errorf("%s", a.Body)
	}
	return a, nil
}

// imageStatus is how far an image is.
func imageStatus(w *world, id string) (string, error) {
	a, err := w.user.JSON("GET", "/image/v2/images/"+id, nil)
	if err != nil || !a.Good() {
		return "", fmt.Errorf("%s: %v", a, err)
	}
	var image struct{ Status string }
	err = a.Decode(&image)
	return image.Status, err
}

// uploaded: an upload that was answered is there, byte for byte; one that was not is there or can be made anew.
func uploaded(w *world, id string, answered bool) (string, error) {
	status, err := imageStatus(w, id)
	if err != nil {
		return "", err
	}
	switch {
	case status == "queued" && !answered:
		if a := w.put(id, bits(), nil); a.Status != http.StatusNoContent {
			return "", fmt.Errorf("upload again: %s", a)
		}
	case status != "active":
		return "", fmt.Errorf("image %s is %s", id, status)
	}
	file, err := w.user.JSON("GET", "/image/v2/images/"+id+"/file", nil)
	if err == nil && string(file.Body) != string(bits()) {
		err = fmt.Errorf("image %s is not what was uploaded: %d bytes", id, len(file.Body))
	}
	return status, err
}

// staged makes an image whose bits wait to be imported.
func staged(w *world) string {
	w.t.Helper()
	id := queued(w)
	if a := w.bring(id, "stage", bits(), nil); a.Status != http.StatusNoContent {
		w.t.Fatal(a)
	}
	return id
}

func importImage(w *world, id string, trace http.Header) (cloud.Answer, error) {
	return w.user.SendJSON("POST", "/image/v2/images/"+id+"/import", trace, cloud.M{"method": cloud.M{"name": "glance-direct"}})
}

// imported: an import that was answered ends in an image that is usable or queued again; one that was not may not have begun.
func imported(w *world, id string, answered bool) (string, error) {
	status, err := imageStatus(w, id)
	if err != nil {
		return "", err
	}
	switch {
	case status == "active":
		return uploaded(w, id, true)
	case status == "queued", status == "uploading" && !answered:
		return status, nil
	}
	return "", fmt.Errorf("image %s is %s", id, status)
}

// floating makes a server and a floating address; the id is of the address.
func floating(w *world) string {
	w.t.Helper()
	w.server()
	return w.make("floatingip", "/network/v2.0/floatingips", cloud.M{"floating_network_id": w.public})
}

func associate(w *world, id string, trace http.Header) (cloud.Answer, error) {
	port, err := w.port()
	if err != nil {
		return cloud.Answer{}, err
	}
	return w.user.SendJSON("PUT", "/network/v2.0/floatingips/"+id, trace, cloud.M{"floatingip": cloud.M{"port_id": port}})
}

// port is the server's.
func (w *world) port() (string, error) {
	ids, err := w.every("/network/v2.0/ports?network_id="+w.network+"&device_owner=compute:nova", "ports")
	if err != nil || len(ids) != 1 {
		return "", fmt.Errorf("there are %d ports of servers: %v", len(ids), err)
	}
	return ids[0], nil
}

func associated(w *world, id string, answered bool) (string, error) {
	a, err := w.user.JSON("GET", "/network/v2.0/floatingips/"+id, nil)
	if err != nil || !a.Good() {
		return "", fmt.Errorf("%s: %v", a, err)
	}
	address := a.Object(w.t, "floatingip")
	if address["port_id"] == nil && !answered {
		return "free", nil
	}
	port, err := w.port()
	if err == nil && address["port_id"] != port {
		err = fmt.Errorf("floating address %s is port %v's", id, address["port_id"])
	}
	return "associated", err
}
