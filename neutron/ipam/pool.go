package ipam

import (
	"math"
	"math/big"
	"net/netip"
	"slices"

	"cumulet/neutron"
)

// Gateway is the gateway that a subnet has where none is said: its first address but one, or in IPv6 its very first, which
// is the routers' by RFC 4291, section 2.6.1. As neutron/db/ipam_backend_mixin.py, _gateway_ip_str.
func Gateway(cidr netip.Prefix) netip.Addr {
	if cidr.Addr().Is6() {
		return cidr.Masked().Addr()
	}
	return Add(cidr.Masked().Addr(), 1)
}

// GatewaySenseless tells whether an address cannot be the gateway: IPv4's network or broadcast address.
// As neutron/ipam/utils.py, check_gateway_invalid_in_subnet.
func GatewaySenseless(cidr netip.Prefix, a netip.Addr) bool {
	if !cidr.Contains(a) {
		return false
	}
	return Edge(cidr, a) && a.Is4()
}

// Edge tells whether an address is the network's own or, in IPv4, the broadcast address.
func Edge(cidr netip.Prefix, a netip.Addr) bool {
	if cidr.Addr().BitLen()-cidr.Bits() <= 1 {
		return false
	}
	return a == cidr.Masked().Addr() || a.Is4() && a == Last(cidr)
}

// Pools are what a subnet gives out where nothing is said: all but network, broadcast and gateway.
// As neutron/ipam/utils.py, generate_pools.
func Pools(cidr netip.Prefix, gateway netip.Addr) []neutron.Pool {
	first, last := cidr.Masked().Addr(), Last(cidr)
	if first == last {
		return []neutron.Pool{{Start: first, End: last}}
	}
	first = first.Next()
	if cidr.Addr().Is4() {
		last = last.Prev()
	}
	if first.Compare(last) >= 0 {
		return nil
	}
	whole := neutron.Pool{Start: first, End: last}
	if !gateway.IsValid() || !whole.Contains(gateway) {
		return []neutron.Pool{whole}
	}
	var pools []neutron.Pool
	if gateway != first {
		pools = append(pools, neutron.Pool{Start: first, End: gateway.Prev()})
	}
	if gateway != last {
		pools = append(pools, neutron.Pool{Start: gateway.Next(), End: last})
	}
	return pools
}

// CheckPools refuses pools that are upside down, leave the subnet or overlap; pools come back sorted.
// As neutron/db/ipam_backend_mixin.py, validate_allocation_pools.
func CheckPools(cidr netip.Prefix, pools []neutron.Pool) ([]neutron.Pool, error) {
	pools = slices.Clone(pools)
	lowest, highest := cidr.Masked().Addr(), Last(cidr)
	if cidr.Addr().BitLen()-cidr.Bits() > 1 {
		lowest = lowest.Next()
		if cidr.Addr().Is4() {
			highest = highest.Prev()
		}
	}
	for _, p := range pools {
		if p.Start.BitLen() != cidr.Addr().BitLen() || p.End.BitLen() != cidr.Addr().BitLen() || p.End.Less(p.Start) {
			return nil, InvalidPool(p)
		}
		if p.Start.Less(lowest) || highest.Less(p.End) {
			return nil, OutOfBounds(p, cidr)
		}
	}
	slices.SortFunc(pools, func(a, b neutron.Pool) int { return a.Start.Compare(b.Start) })
	for i := 1; i < len(pools); i++ {
		if pools[i].Start.Compare(pools[i-1].End) <= 0 {
			return nil, Overlapping(pools[i-1], pools[i], cidr)
		}
	}
	return pools, nil
}

// Size counts the addresses of pools.
func Size(pools []neutron.Pool) *big.Int {
	n := new(big.Int)
	for _, p := range pools {
		start, end := new(big.Int).SetBytes(p.Start.AsSlice()), new(big.Int).SetBytes(p.End.AsSlice())
		n.Add(n, end.Sub(end, start).Add(end, big.NewInt(1)))
	}
	return n
}

// Taken tells what Pick must know of a subnet.
type Taken struct {
	One func(netip.Addr) (bool, error)      // whether an address is in use
	All func() (map[netip.Addr]bool, error) // all in use, asked only when guessing fails
	N   func(below uint64) uint64           // a random number below; nil takes the first that is free
}

// window is how many addresses at the start of the pools are tried first, so that small numbers are used up first while
// parallel requests seldom meet; tries bounds the guesses.
const (
	window = 64
	tries  = 6
)

// Pick chooses a free address of pools; false when there is none.
func Pick(pools []neutron.Pool, t Taken) (netip.Addr, bool, error) {
	for _, reach := range []uint64{window, math.MaxUint64} {
		for range tries {
			if t.N == nil {
				break
			}
			a, ok := guess(pools, reach, t.N)
			if !ok {
				return netip.Addr{}, false, nil
			}
			taken, err := t.One(a)
			if err != nil || !taken {
				return a, err == nil, err
			}
		}
	}
	all, err := t.All()
	if err != nil {
		return netip.Addr{}, false, err
	}
	for _, p := range pools {
		for a := p.Start; a.IsValid() && a.Compare(p.End) <= 0; a = a.Next() {
			if !all[a] {
				return a, true, nil
			}
		}
	}
	return netip.Addr{}, false, nil
}

// guess takes a random address among the first reach of pools.
func guess(pools []neutron.Pool, reach uint64, random func(uint64) uint64) (netip.Addr, bool) {
	var total uint64
	for _, p := range pools {
		if d := distance(p.Start, p.End); d >= reach-1-min(total, reach-1) {
			total = reach
			break
		} else {
			total += d + 1
		}
	}
	if total == 0 {
		return netip.Addr{}, false
	}
	n := random(total)
	for _, p := range pools {
		d := distance(p.Start, p.End)
		if n <= d {
			return Add(p.Start, n), true
		}
		n -= d + 1
	}
	return netip.Addr{}, false
}
