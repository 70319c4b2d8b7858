package keystone

import "maps"

// Immutable is the option that protects domains, projects and roles.
const Immutable = "immutable"

// set assigns what is given.
func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// merged is old with the members of change; a null member is dropped when drop is set (options), else kept (extra).
func merged(old, change map[string]any, drop bool) map[string]any {
	if len(change) == 0 {
		return old
	}
	m := maps.Clone(old)
	if m == nil {
		m = map[string]any{}
	}
	for k, v := range change {
		if v == nil && drop {
			delete(m, k)
			continue
		}
		m[k] = v
	}
	return m
}

// on tells whether a boolean option is set.
func on(options map[string]any, name string) bool {
	v, _ := options[name].(bool)
	return v
}

// Has tells whether a boolean option of the user is set.
func (u User) Has(option string) bool { return on(u.Options, option) }

// thaws tells whether a change to options is the one that an immutable thing takes: no longer to be so.
// As keystone/common/resource_options/options/immutable.py, check_immutable_update.
func thaws(options map[string]any, alone bool) bool {
	v, given := options[Immutable]
	return alone && given && (v == nil || v == false)
}
