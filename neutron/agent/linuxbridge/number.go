package linuxbridge

import (
	"slices"
	"strconv"
	"strings"

	"cumulet/neutron"
)

// numbers gives small numbers to ids and keeps them while the ids stay. Zero is nobody's.
type numbers struct{ of map[string]int }

// keep drops all ids but these and numbers the new ones, which it returns.
func (n *numbers) keep(ids []string) (fresh []string) {
	next, used := map[string]int{}, map[int]bool{}
	for _, id := range ids {
		if number, ok := n.of[id]; ok {
			next[id] = number
			used[number] = true
		}
	}
	free := 1
	for _, id := range ids {
		if next[id] != 0 {
			continue
		}
		for used[free] {
			free++
		}
		next[id], used[free] = free, true
		fresh = append(fresh, id)
	}
	n.of = next
	return fresh
}

// assignZones gives each network a connection tracking zone, first of all that which its bridge bears from an earlier run,
// and returns the networks whose zone is new.
func (t *turn) assignZones(ports []neutron.WiredPort) (fresh []string) {
	var ids []string
	for _, p := range ports {
		if !slices.Contains(ids, p.NetworkID) {
			ids = append(ids, p.NetworkID)
		}
	}
	slices.Sort(ids)
	known := map[string]int{}
	for _, id := range ids {
		if zone := t.zones.of[id]; zone != 0 {
			known[id] = zone
			continue
		}
		link := t.links[neutron.InterfaceName(bridgePrefix, id)]
		if link == nil {
			continue
		}
		if zone, err := strconv.Atoi(strings.TrimPrefix(link.Attrs().Alias, aliasPrefix)); err == nil {
			known[id] = zone
		}
	}
	t.zones.of = known
	return t.zones.keep(ids)
}
