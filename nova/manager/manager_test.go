package manager_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/ssh"

	"cumulet/nova"
	"cumulet/nova/manager"
	"cumulet/nova/novatest"
	"cumulet/oslo/fault"
	"cumulet/oslo/policy"
)

func TestTwoHundredCreationsAgainstAQuotaOfFiftyGiveFifty(t *testing.T) {
	t.Parallel()
	c := novatest.New(t, 0)
	flavor := c.Small(t)
	if _, err := c.Manager.SetQuota(t.Context(), "project", "", nova.Limits{"instances": 50, "cores": -1, "ram": -1}, true); err != nil {
		t.Fatal(err)
	}
	var made, refused atomic.Int32
	var all sync.WaitGroup
	for range 200 {
		all.Go(func() {
			_, err := c.Manager.CreateServers(t.Context(), novatest.Who(), manager.CreateRequest{
				Name: "server", ImageID: novatest.ImageID, FlavorID: flavor, NetworkMode: nova.NetworksNone,
			})
			switch {
			case err == nil:
				made.Add(1)
			case fault.Is(err, fault.Quota):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if made.Load() != 50 || refused.Load() != 150 {
		t.Errorf("%d made, %d refused", made.Load(), refused.Load())
	}
	_, err := c.Manager.CreateServers(t.Context(), novatest.Who(), manager.CreateRequest{
		Name: "server", ImageID: novatest.ImageID, FlavorID: flavor, NetworkMode: nova.NetworksNone,
	})
	if f := fault.Of(err); f == nil || f.Text != "Quota exceeded for instances: Requested 1, but already used 50 of 50 instances" {
		t.Errorf("refusal: %v", err)
	}
}

func TestACreationIsRefusedForWhatItNames(t *testing.T) {
	t.Parallel()
	c := novatest.New(t, 0)
	small := c.Small(t)
	tiny := c.Flavor(t, nova.Flavor{Name: "huge", VCPUs: 1, RAMMiB: 1 << 20, DiskGiB: 1})
	for _, refused := range []struct {
		claim string
		r     manager.CreateRequest
		name  string
	}{
		{"no such image", manager.CreateRequest{ImageID: "none", FlavorID: small}, "ImageNotFound"},
		{"a kernel of another project", manager.CreateRequest{ImageID: novatest.KernelImageID, FlavorID: small}, "ImageNotFound"},
		{"a ramdisk of another project", manager.CreateRequest{ImageID: novatest.RamdiskImageID, FlavorID: small}, "ImageNotFound"},
		{"no such flavor", manager.CreateRequest{ImageID: novatest.ImageID, FlavorID: "none"}, "FlavorNotFound"},
		{"no such key", manager.CreateRequest{ImageID: novatest.ImageID, FlavorID: small, KeyName: "none"}, "KeypairNotFound"},
		{"no such network", manager.CreateRequest{ImageID: novatest.ImageID, FlavorID: small,
			Networks: []nova.RequestedNetwork{{NetworkID: "none"}}}, "NetworkNotFound"},
		{"no such port", manager.CreateRequest{ImageID: novatest.ImageID, FlavorID: small,
			Networks: []nova.RequestedNetwork{{PortID: "none"}}}, "PortNotFound"},
		{"no such zone", manager.CreateRequest{ImageID: novatest.ImageID, FlavorID: small, AvailabilityZone: "moon"}, "InvalidInput"},
		{"no such host", manager.CreateRequest{ImageID: novatest.ImageID, FlavorID: small, Host: "moon"}, "ComputeHostNotFound"},
		{"no such group", manager.CreateRequest{ImageID: novatest.ImageID, FlavorID: small,
			Hints: map[string][]string{"group": {"none"}}}, "InstanceGroupNotFound"},
		{"too much memory", manager.CreateRequest{ImageID: novatest.ImageID, FlavorID: tiny, NetworkMode: nova.NetworksNone}, "TooManyInstances"},
	} {
		refused.r.Name = "server"
		_, err := c.Manager.CreateServers(t.Context(), novatest.Who(), refused.r)
		if f := fault.Of(err); f == nil || f.Name != refused.name {
			t.Errorf("%s: %v", refused.claim, err)
		}
	}
	if servers, err := c.Manager.Servers(t.Context(), nova.ServerFilter{}, nova.Page{}); err != nil || len(servers) > 0 {
		t.Errorf("%d servers, %v", len(servers), err)
	}
}

func TestServersAreFilteredSortedAndPaged(t *testing.T) {
	t.Parallel()
	c := novatest.New(t, 0)
	flavor := c.Small(t)
	var ids []string
	for _, name := range []string{"alpha", "beta", "gamma"} {
		servers, err := c.Manager.CreateServers(t.Context(), novatest.Who(), manager.CreateRequest{
			Name: name, ImageID: novatest.ImageID, FlavorID: flavor, NetworkMode: nova.NetworksNone,
			Tags: []string{"all", name}, Metadata: map[string]string{"name": name},
		})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, servers[0].ID)
	}
	yes, no := true, false
	for _, ask := range []struct {
		claim string
		f     nova.ServerFilter
		p     nova.Page
		want  string
	}{
		{"the newest first", nova.ServerFilter{}, nova.Page{}, "gamma beta alpha"},
		{"after a marker", nova.ServerFilter{}, nova.Page{Marker: ids[2], Limit: 1}, "beta"},
		{"by name", nova.ServerFilter{}, nova.Page{Sort: []nova.Sort{{Key: "display_name"}}}, "alpha beta gamma"},
		{"by name after a marker", nova.ServerFilter{}, nova.Page{Marker: ids[0], Sort: []nova.Sort{{Key: "display_name"}}}, "beta gamma"},
		{"matching a pattern", nova.ServerFilter{Name: "^.e"}, nova.Page{}, "beta"},
		{"with a tag", nova.ServerFilter{Tags: []string{"all", "beta"}}, nova.Page{}, "beta"},
		{"with any tag", nova.ServerFilter{TagsAny: []string{"alpha", "beta"}}, nova.Page{}, "beta alpha"},
		{"without tags", nova.ServerFilter{NotTagsAny: []string{"alpha", "beta"}}, nova.Page{}, "gamma"},
		{"with metadata", nova.ServerFilter{Metadata: map[string]string{"name": "gamma"}}, nova.Page{}, "gamma"},
		{"building", nova.ServerFilter{States: nova.StatesOf("build")}, nova.Page{}, "gamma beta alpha"},
		{"active", nova.ServerFilter{States: nova.StatesOf("ACTIVE", "reboot")}, nova.Page{}, ""},
		{"of no status", nova.ServerFilter{States: append([]nova.StatePair{}, nova.StatesOf("nonsense")...)}, nova.Page{}, ""},
		{"of another project", nova.ServerFilter{ProjectID: "other"}, nova.Page{}, ""},
		{"locked", nova.ServerFilter{Locked: &yes}, nova.Page{}, ""},
		{"alive", nova.ServerFilter{Deleted: &no}, nova.Page{Limit: 2}, "gamma beta"},
	} {
		servers, err := c.Manager.Servers(t.Context(), ask.f, ask.p)
		if err != nil {
			t.Errorf("%s: %v", ask.claim, err)
		}
		var names []string
		for _, s := range servers {
			names = append(names, s.Name)
		}
		if got := strings.Join(names, " "); got != ask.want {
			t.Errorf("%s: %q, want %q", ask.claim, got, ask.want)
		}
	}
	_, err := c.Manager.Servers(t.Context(), nova.ServerFilter{}, nova.Page{Marker: "none"})
	if f := fault.Of(err); f == nil || f.Text != "marker [none] not found" {
		t.Errorf("marker: %v", err)
	}
}

func TestAnotherProjectsServerIsNotFound(t *testing.T) {
	t.Parallel()
	c := novatest.New(t, 0)
	servers, err := c.Manager.CreateServers(t.Context(), novatest.Who(), manager.CreateRequest{
		Name: "server", ImageID: novatest.ImageID, FlavorID: c.Small(t), NetworkMode: nova.NetworksNone,
	})
	if err != nil {
		t.Fatal(err)
	}
	id := servers[0].ID
	for _, who := range []policy.Who{{ProjectID: "other"}, {}} {
		if _, err := c.Manager.Server(t.Context(), who, id); !fault.Is(err, fault.NotFound) {
			t.Errorf("show: %v", err)
		}
		if err := c.Manager.DeleteServer(t.Context(), who, id); !fault.Is(err, fault.NotFound) {
			t.Errorf("delete: %v", err)
		}
	}
	if _, err := c.Manager.Server(t.Context(), policy.Who{Roles: []string{"admin"}}, id); err != nil {
		t.Error(err)
	}
}

func TestKeypairsAreMadeAndImported(t *testing.T) {
	t.Parallel()
	c := novatest.New(t, 0)
	made, err := c.Manager.CreateKeypair(t.Context(), novatest.Who(), nova.Keypair{Name: "made"})
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.ParsePrivateKey([]byte(made.PrivateKey))
	if err != nil || ssh.FingerprintLegacyMD5(signer.PublicKey()) != made.Fingerprint {
		t.Errorf("private key: %v", err)
	}
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	text := string(ssh.MarshalAuthorizedKey(key))
	if k, err := c.Manager.CreateKeypair(t.Context(), novatest.Who(), nova.Keypair{Name: "mine", PublicKey: text}); err != nil || k.PublicKey != text || k.PrivateKey != "" {
		t.Errorf("import: %+v, %v", k, err)
	}
	for claim, k := range map[string]nova.Keypair{
		"InvalidKeypair": {Name: "bad", PublicKey: "ssh-rsa nonsense"},
		"KeyPairExists":  {Name: "made"},
	} {
		_, err := c.Manager.CreateKeypair(t.Context(), novatest.Who(), k)
		if f := fault.Of(err); f == nil || f.Name != claim {
			t.Errorf("%s: %v", claim, err)
		}
	}
	if list, err := c.Manager.Keypairs(t.Context(), "user", nova.Page{Marker: "made"}); err != nil || len(list) != 1 || list[0].Name != "mine" {
		t.Errorf("list: %+v, %v", list, err)
	}
}
