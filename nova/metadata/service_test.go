package metadata

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cumulet/nova"
)

const (
	serverID  = "b0000000-0000-4000-8000-000000000001"
	projectID = "p"
	secret    = "s3cret"
)

func hello() nova.Server {
	return nova.Server{
		ID: serverID, Number: 42, ProjectID: projectID, Name: "hello", Hostname: "hello", ImageID: "0123456789abcdef", KeyName: "mine",
		PublicKey: "ssh-ed25519 AAAA", UserData: base64.StdEncoding.EncodeToString([]byte("#!/bin/sh\n")), AvailabilityZone: "nova",
		ReservationID: "r-1", RootDevice: "/dev/vda", Flavor: nova.Flavor{Name: "nano"}, Metadata: map[string]string{"role": "web"},
		Network: nova.NetworkInfo{{
			PortID: "port", NetworkID: "net", NetworkName: "private", MAC: "fa:16:3e:00:00:01", MTU: 1450, Type: "bridge", Device: "tap1",
			SecurityGroups: []string{"default"},
			Addresses: []nova.Address{
				{IP: "10.0.0.5", Version: 4, SubnetID: "s4"}, {IP: "172.24.4.9", Version: 4, Floating: true, FixedIP: "10.0.0.5"},
				{IP: "fd00::5", Version: 6, SubnetID: "s6"},
			},
			Subnets: []nova.Subnet{
				{ID: "s4", CIDR: "10.0.0.0/24", Gateway: "10.0.0.1", Version: 4, DHCP: true, DNS: []string{"10.0.0.2"}},
				{ID: "s6", CIDR: "fd00::/64", Gateway: "fd00::1", Version: 6, Routes: []nova.Route{{Destination: "fd01::/64", NextHop: "fd00::2"}}},
			},
		}},
	}
}

func serve(t *testing.T) (ask func(path string, headers map[string]string) (int, string, string), reads *int) {
	t.Helper()
	count := 0
	now := time.Unix(1_700_000_000, 0)
	s := httptest.NewServer(&Service{
		Server: func(_ context.Context, id string) (nova.Server, error) {
			count++
			if id != serverID {
				return nova.Server{}, nova.NoServer(id)
			}
			return hello(), nil
		},
		Secret: secret, Domain: "novalocal", Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler),
	})
	t.Cleanup(s.Close)
	return func(path string, headers map[string]string) (int, string, string) {
		r, err := http.NewRequestWithContext(t.Context(), "GET", s.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range headers {
			r.Header.Set(name, value)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(b), res.Header.Get("Content-Type")
	}, &count
}

func signed(id, project string) map[string]string {
	return map[string]string{"X-Instance-ID": id, "X-Tenant-ID": project, "X-Instance-ID-Signature": Sign(secret, id)}
}

func TestGuestsReadAboutThemselves(t *testing.T) {
	ask, reads := serve(t)
	for _, c := range []struct{ path, contains string }{
		{"/", "2009-04-04\nlatest"},
		{"/openstack", "2020-10-14\nlatest"},
		{"/openstack/latest", "meta_data.json\nuser_data\npassword\nvendor_data.json\nnetwork_data.json\nvendor_data2.json"},
		{"/openstack/2012-08-10/", "meta_data.json\nuser_data"},
		{"/openstack/latest/meta_data.json", `"hostname":"hello.novalocal"`},
		{"/openstack/latest/meta_data.json", `"public_keys":{"mine":"ssh-ed25519 AAAA"}`},
		{"/openstack/latest/user_data", "#!/bin/sh\n"},
		{"/openstack/latest/vendor_data2.json", "static"},
		{"/openstack/latest/network_data.json", `"type":"ipv4_dhcp"`},
		{"/openstack/latest/network_data.json", `"netmask":"ffff:ffff:ffff:ffff::"`},
		{"/latest/meta-data/", "public-keys/"},
		{"/latest/meta-data/public-keys/", "0=mine"},
		{"/latest/meta-data/public-keys/0/openssh-key", "ssh-ed25519 AAAA"},
		{"/2009-04-04/meta-data/instance-id", "i-0000002a"},
		{"/latest/meta-data/local-ipv4", "10.0.0.5"},
		{"/latest/meta-data/public-ipv4", "172.24.4.9"},
		{"/latest/meta-data/placement/availability-zone", "nova"},
		{"/ec2/latest/meta-data/hostname", "hello.novalocal"},
		{"/latest/user-data", "#!/bin/sh\n"},
	} {
		status, body, _ := ask(c.path, signed(serverID, projectID))
		if status != 200 || !strings.Contains(body, c.contains) {
			t.Errorf("GET %s: %d %q, want %q in it", c.path, status, body, c.contains)
		}
	}
	if *reads != 1 {
		t.Errorf("the record was read %d times, want once", *reads)
	}
}

func TestAgentsMustSign(t *testing.T) {
	ask, _ := serve(t)
	forged := signed(serverID, projectID)
	forged["X-Instance-ID-Signature"] = Sign("other", serverID)
	swapped := signed(serverID, projectID)
	swapped["X-Instance-ID"] = "another"
	for _, c := range []struct {
		claim, path string
		headers     map[string]string
		status      int
	}{
		{"no headers", "/latest", nil, 400},
		{"another secret", "/latest", forged, 403},
		{"another server's signature", "/latest", swapped, 403},
		{"another project's server", "/latest", signed(serverID, "q"), 404},
		{"no such server", "/latest", signed("c0000000-0000-4000-8000-000000000001", projectID), 404},
		{"no such path", "/latest/meta-data/nothing", signed(serverID, projectID), 404},
		{"no such version", "/openstack/2099-01-01/meta_data.json", signed(serverID, projectID), 404},
		{"not in that version", "/openstack/2012-08-10/network_data.json", signed(serverID, projectID), 404},
		{"below a file", "/latest/meta-data/hostname/x", signed(serverID, projectID), 404},
	} {
		if status, body, _ := ask(c.path, c.headers); status != c.status {
			t.Errorf("%s: %d %q, want %d", c.claim, status, body, c.status)
		}
	}
}

func TestConfigDriveHoldsWhatTheServiceTells(t *testing.T) {
	files := Files(hello(), "novalocal")
	for _, name := range []string{
		"openstack/latest/meta_data.json", "openstack/latest/network_data.json", "openstack/latest/vendor_data.json", "ec2/latest/meta-data.json",
	} {
		var v map[string]any
		if err := json.Unmarshal(files[name], &v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if string(files["openstack/latest/user_data"]) != "#!/bin/sh\n" {
		t.Errorf("user_data is %q", files["openstack/latest/user_data"])
	}
	if strings.Contains(string(files["ec2/latest/meta-data.json"]), title) {
		t.Error("the drive shows titles that are for listings only")
	}
	bare := Files(nova.Server{ID: serverID}, "")
	if _, there := bare["openstack/latest/user_data"]; there {
		t.Error("a server without user data has some")
	}
}
