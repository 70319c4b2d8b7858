package outage

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"cumulet/test/cloud"
)

// lost is the host that vanishes.
const lost = "lost"

// shownDown is within what time of its end a host is to be shown down, and a little for a machine that has much else to do.
const shownDown, little = time.Minute, 15 * time.Second

// vanishes has a host join, and its power fail.
func vanishes(t *testing.T, f *fleet) {
	var host []*process
	for _, role := range []string{"nova-compute", "neutron-linuxbridge-agent"} {
		host = append(host, f.add(t, role, "CUMULET_HOST="+lost, "CUMULET_FAKE_HOSTS=1"))
	}
	admin := f.cloud.Admin(t)
	eventually(t, "the host is up in every list", func() error { return isUp(t, admin, true) })
	server := serverOn(t, admin, lost)

	for _, p := range host {
		_ = p.command.Process.Kill()
		_ = p.command.Wait() // killed
	}
	began := time.Now()
	eventually(t, "the host is down in every list", func() error { return isUp(t, admin, false) })
	took := time.Since(began)
	t.Logf("a host that vanished is shown down in every list after %s", took.Round(time.Second))
	if took > shownDown+little {
		t.Errorf("that is later than %s", shownDown)
	}
	admin.Ask(t, "DELETE", serversPath+"/"+server, nil)
	eventually(t, "a server of the vanished host can be deleted", func() error {
		a, err := admin.JSON("GET", serversPath+"/"+server, nil)
		if err == nil && a.Status != 404 {
			err = errors.New(a.String())
		}
		return err
	})

	for _, p := range host {
		f.launch(t, p)
		f.serves(t, p)
	}
	eventually(t, "the host is up again", func() error { return isUp(t, admin, true) })
	healthy(t, f.cloud)
}

// isUp is nil where every list of hosts shows the lost one up, or where every list shows it down.
func isUp(t *testing.T, admin *cloud.Client, up bool) error {
	state := map[bool]string{true: "up", false: "down"}[up]
	for _, list := range []struct {
		path, of, host, member string
		want                   any
	}{
		{"/compute/v2.1/os-services?host=" + lost, "services", "host", "state", state},
		{"/network/v2.0/agents?host=" + lost, "agents", "host", "alive", up},
		{"/compute/v2.1/os-hypervisors/detail", "hypervisors", "hypervisor_hostname", "state", state},
	} {
		a, err := admin.JSON("GET", list.path, nil)
		if err != nil || !a.Good() {
			return fmt.Errorf("%s: %v", a, err)
		}
		rows := slices.DeleteFunc(a.List(t, list.of), func(row cloud.M) bool { return row[list.host] != lost })
		if len(rows) != 1 || rows[0][list.member] != list.want {
			return fmt.Errorf("%s: %v", list.path, rows)
		}
	}
	return nil
}

// serverOn makes a server on a host and waits until it runs.
func serverOn(t *testing.T, admin *cloud.Client, host string) string {
	t.Helper()
	p := newPlace(t, admin)
	id := cloud.ID(admin.Ask(t, "POST", serversPath, cloud.M{"server": cloud.M{
		"name": "on-" + host, "flavorRef": "42", "imageRef": p.image, "networks": []cloud.M{{"uuid": p.hub}}, "availability_zone": "nova:" + host,
	}}).Object(t, "server"))
	eventually(t, "the server runs", func() error {
		s := admin.Ask(t, "GET", serversPath+"/"+id, nil).Object(t, "server")
		if s["status"] != "ACTIVE" || s["OS-EXT-SRV-ATTR:host"] != host {
			return fmt.Errorf("it is %v on %v: %v", s["status"], s["OS-EXT-SRV-ATTR:host"], s["fault"])
		}
		return nil
	})
	return id
}
