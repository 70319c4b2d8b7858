package nova

import "slices"

// Limits are a project's bounds by resource name ("instances", "cores"); -1 is none.
type Limits map[string]int

// DefaultLimits are upstream's defaults; as nova/conf/quota.py.
func DefaultLimits() Limits {
	return Limits{
		"instances": 10, "cores": 20, "ram": 51200, "metadata_items": 128, "injected_files": 5,
		"injected_file_content_bytes": 10240, "injected_file_path_bytes": 255, "key_pairs": 100,
		"server_groups": 10, "server_group_members": 10,
		"fixed_ips": -1, "floating_ips": -1, "security_groups": -1, "security_group_rules": -1,
	}
}

// Usage is how much of each limit is in use.
type Usage struct{ Limit, InUse, Reserved int }

// Usages are usages by resource name.
type Usages map[string]Usage

// Have tells whether any of the resources has a limit here.
func (l Limits) Have(resources ...string) bool {
	return slices.ContainsFunc(resources, func(r string) bool { _, ok := l[r]; return ok })
}
