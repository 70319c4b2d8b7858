package api

import (
	"time"

	"cumulet/neutron"
)

// use is how a request may use an attribute.
type use uint8

const (
	post  use = 1 << iota // a POST may name it
	put                   // a PUT may
	must                  // a POST must
	sorts                 // lists may be sorted by it
	ruled                 // naming or seeing it has rules of its own
)

// stringAt is an attribute that is a string member.
func stringAt[N any](name string, u use, k kind, of func(*N) *string) attribute[N] {
	a := plain[N](name, u, k)
	a.set = func(n *N, v any) { *of(n) = v.(string) }
	a.get = func(n N) any { return *of(&n) }
	a.def = ""
	return a
}

// nullString is stringAt whose empty value is null.
func nullString[N any](name string, u use, k kind, of func(*N) *string) attribute[N] {
	a := stringAt(name, u, orNull(k, ""), of)
	a.get = func(n N) any { return orNil(*of(&n)) }
	return a
}

// boolAt is an attribute that is a boolean member.
func boolAt[N any](name string, u use, def bool, of func(*N) *bool) attribute[N] {
	a := plain[N](name, u, boolean)
	a.set = func(n *N, v any) { *of(n) = v.(bool) }
	a.get = func(n N) any { return *of(&n) }
	a.def = def
	return a
}

// listAt is an attribute that is a list member.
func listAt[N, E any](name string, u use, k kind, of func(*N) *[]E) attribute[N] {
	a := plain[N](name, u, k)
	a.set = func(n *N, v any) { *of(n) = v.([]E) }
	a.get = func(n N) any { return listOf(*of(&n)) }
	return a
}

// shown is an attribute that no request sets.
func shown[N any](name string, u use, get func(N) any) attribute[N] {
	a := plain[N](name, u, kind{})
	a.get = get
	return a
}

// plain is an attribute whose setting and seeing the caller adds.
func plain[N any](name string, u use, k kind) attribute[N] {
	return attribute[N]{
		name: name, post: u&post != 0, put: u&put != 0, required: u&must != 0, sort: u&sorts != 0, rule: u&ruled != 0, kind: k,
	}
}

// standard are the attributes that nearly every noun has.
func standard[N any](id, project, name, description func(*N) *string, tags func(*N) *[]string, stamp func(N) (int, time.Time, time.Time)) []attribute[N] {
	tenant := stringAt("tenant_id", post|sorts, text(255), project)
	tenant.set = nil // project_id sets it; both stand in every body
	out := []attribute[N]{
		shown("id", sorts, func(n N) any { return *id(&n) }),
		stringAt("project_id", post|sorts, text(255), project),
		tenant,
		shown("created_at", sorts, func(n N) any { _, created, _ := stamp(n); return when(created) }),
		shown("updated_at", sorts, func(n N) any { _, _, updated := stamp(n); return when(updated) }),
		shown("revision_number", sorts, func(n N) any { revision, _, _ := stamp(n); return revision }),
	}
	if name != nil {
		out = append(out, stringAt("name", post|put|sorts, text(255), name))
	}
	if description != nil {
		out = append(out, stringAt("description", post|put|sorts, text(255), description))
	}
	if tags != nil {
		out = append(out, shown("tags", 0, func(n N) any { return listOf(*tags(&n)) }))
	}
	return out
}

// when writes a time as neutron does.
func when(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// fixedViews writes addresses.
func fixedViews(list []neutron.FixedIP) []any {
	out := make([]any, len(list))
	for i, f := range list {
		out[i] = map[string]any{"subnet_id": f.SubnetID, "ip_address": f.Address.String()}
	}
	return out
}

// routeViews writes routes.
func routeViews(list []neutron.Route) []any {
	out := make([]any, len(list))
	for i, r := range list {
		out[i] = map[string]any{"destination": r.Destination.String(), "nexthop": r.NextHop.String()}
	}
	return out
}
