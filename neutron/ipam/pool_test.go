package ipam

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"cumulet/neutron"
)

func TestPoolsLeaveOutNetworkBroadcastAndGateway(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		cidr, gateway string
		want          []string
	}{
		{"10.0.0.0/24", "10.0.0.1", []string{"10.0.0.2-10.0.0.254"}},
		{"10.0.0.0/24", "10.0.0.254", []string{"10.0.0.1-10.0.0.253"}},
		{"10.0.0.0/24", "10.0.0.9", []string{"10.0.0.1-10.0.0.8", "10.0.0.10-10.0.0.254"}},
		{"10.0.0.0/24", "", []string{"10.0.0.1-10.0.0.254"}},
		{"10.0.0.0/31", "", nil},
		{"10.0.0.7/32", "", []string{"10.0.0.7-10.0.0.7"}},
		{"2001:db8::/64", "2001:db8::", []string{"2001:db8::1-2001:db8::ffff:ffff:ffff:ffff"}},
		{"2001:db8::/64", "2001:db8::1", []string{"2001:db8::2-2001:db8::ffff:ffff:ffff:ffff"}},
	} {
		gateway, _ := netip.ParseAddr(row.gateway)
		var got []string
		for _, p := range Pools(netip.MustParsePrefix(row.cidr), gateway) {
			got = append(got, rangeText(p))
		}
		if len(got) != len(row.want) {
			t.Errorf("%s: %v", row.cidr, got)
			continue
		}
		for i := range got {
			if got[i] != row.want[i] {
				t.Errorf("%s: %v", row.cidr, got)
			}
		}
	}
}

func TestPickGivesEveryAddressOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cidr := netip.PrefixFrom(netip.MustParseAddr("10.1.0.0"), rapid.IntRange(23, 30).Draw(t, "bits"))
		pools := Pools(cidr, Gateway(cidr))
		taken := map[netip.Addr]bool{}
		about := Taken{
			One: func(a netip.Addr) (bool, error) { return taken[a], nil },
			All: func() (map[netip.Addr]bool, error) { return taken, nil },
			N:   func(n uint64) uint64 { return rapid.Uint64Range(0, n-1).Draw(t, "n") },
		}
		for range int(Size(pools).Int64()) {
			a, ok, err := Pick(pools, about)
			if !ok || err != nil || taken[a] {
				t.Fatalf("picked %s (%v, %v) after %d", a, ok, err, len(taken))
			}
			taken[a] = true
		}
		if a, ok, _ := Pick(pools, about); ok {
			t.Fatalf("picked %s of nothing", a)
		}
	})
}

func TestOverlappingPoolsAreRefused(t *testing.T) {
	t.Parallel()
	pool := func(a, b string) neutron.Pool {
		return neutron.Pool{Start: netip.MustParseAddr(a), End: netip.MustParseAddr(b)}
	}
	cidr := netip.MustParsePrefix("10.0.0.0/24")
	for _, pools := range [][]neutron.Pool{
		{pool("10.0.0.2", "10.0.0.9"), pool("10.0.0.9", "10.0.0.12")},
		{pool("10.0.0.9", "10.0.0.2")},
		{pool("10.0.0.9", "10.0.1.2")},
		{pool("10.0.0.0", "10.0.0.2")},
	} {
		if _, err := CheckPools(cidr, pools); err == nil {
			t.Errorf("%v was taken", pools)
		}
	}
}

func TestPickWithoutRandomNumbersTakesTheFirstFree(t *testing.T) {
	pools := []neutron.Pool{{Start: netip.MustParseAddr("10.0.0.2"), End: netip.MustParseAddr("10.0.0.9")}}
	taken := map[netip.Addr]bool{netip.MustParseAddr("10.0.0.2"): true}
	got, ok, err := Pick(pools, Taken{All: func() (map[netip.Addr]bool, error) { return taken, nil }})
	if err != nil || !ok || got != netip.MustParseAddr("10.0.0.3") {
		t.Errorf("picked %s, %v, %v", got, ok, err)
	}
}
