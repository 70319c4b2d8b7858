package scheduler

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"cumulet/nova"
)

// capabilitiesFilter holds a flavor's extra specs ("capabilities:…", and those without a scope) against the host; as
// nova/scheduler/filters/compute_capabilities_filter.py.
type capabilitiesFilter struct{}

func (capabilitiesFilter) Name() string { return "ComputeCapabilitiesFilter" }

func (capabilitiesFilter) Refuse(spec nova.RequestSpec, h Candidate) string {
	for _, key := range slices.Sorted(maps.Keys(spec.Flavor.ExtraSpecs)) {
		name, scoped := strings.CutPrefix(key, "capabilities:")
		if !scoped && strings.Contains(key, ":") {
			continue
		}
		want := spec.Flavor.ExtraSpecs[key]
		have, ok := capability(h, name)
		if !ok {
			return fmt.Sprintf("has no %s", name)
		}
		if !matches(have, want) {
			return fmt.Sprintf("%s is %s, not %s", name, have, want)
		}
	}
	return ""
}

func capability(h Candidate, name string) (string, bool) {
	n := h.Node
	values := map[string]string{
		"hypervisor_type": n.Type, "hypervisor_version": strconv.Itoa(n.Version), "hypervisor_hostname": n.Name,
		"host": h.Host, "vcpus_total": strconv.Itoa(n.VCPUs), "total_usable_ram_mb": strconv.Itoa(n.MemoryMiB),
		"free_disk_mb": strconv.Itoa(n.DiskFreeGiB * 1024), "num_instances": strconv.Itoa(h.Servers),
		"cpu_info:arch": n.CPUInfo.Arch, "cpu_info:model": n.CPUInfo.Model, "cpu_info:vendor": n.CPUInfo.Vendor,
		"cpu_info:features": strings.Join(n.CPUInfo.Features, " "),
	}
	v, ok := values[name]
	return v, ok
}

// matches compares as nova/scheduler/filters/extra_specs_ops.py: numbers with = (at least), == != < <= > >=; text with s==
// s!= s< s<= s> s>=; <in>, <all-in>, <or>; and without an operator for equality.
func matches(have, want string) bool {
	words := strings.Fields(want)
	if len(words) < 2 {
		return have == want
	}
	operator, rest := words[0], words[1:]
	switch operator {
	case "<in>":
		return strings.Contains(have, rest[0])
	case "<all-in>":
		return !slices.ContainsFunc(rest, func(w string) bool { return !strings.Contains(have, w) })
	case "<or>":
		return slices.Contains(slices.DeleteFunc(rest, func(w string) bool { return w == "<or>" }), have)
	}
	if text, ok := strings.CutPrefix(operator, "s"); ok {
		return ordered(text, strings.Compare(have, rest[0]))
	}
	a, err1 := strconv.ParseFloat(have, 64)
	b, err2 := strconv.ParseFloat(rest[0], 64)
	if err1 != nil || err2 != nil {
		return have == want
	}
	if operator == "=" {
		operator = ">="
	}
	switch {
	case a < b:
		return ordered(operator, -1)
	case a > b:
		return ordered(operator, 1)
	}
	return ordered(operator, 0)
}

func ordered(operator string, c int) bool {
	switch operator {
	case "==":
		return c == 0
	case "!=":
		return c != 0
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	case ">=":
		return c >= 0
	}
	return false
}
