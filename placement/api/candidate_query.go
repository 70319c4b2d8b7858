package api

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cumulet/oslo/fault"
	"cumulet/oslo/rest"
	"cumulet/placement"
)

// candidateQueries are the parameters by microversion; as placement/schemas/allocation_candidate.py.
func candidateQueries() rest.Schemas {
	const limit = `"limit": {"type": "array", "items": {"type": "string", "pattern": "^[1-9][0-9]*$", "maxLength": 9}}`
	const policy = `"group_policy": {"type": "array", "items": {"enum": ["none", "isolate"]}}`
	plain := func(names ...string) *rest.Schema {
		all := []string{limit}
		for _, n := range names {
			all = append(all, `"`+n+`": `+oneString)
		}
		return schema(strings.Join(all, ", "), "resources")
	}
	grouped := func(group, kinds string, names ...string) *rest.Schema {
		all := []string{limit, policy}
		for _, n := range names {
			all = append(all, `"`+n+`": `+oneString)
		}
		return rest.MustSchema(fmt.Sprintf(`{"type": "object", "additionalProperties": false, "properties": {%s},
			"patternProperties": {"^(%s)(%s)?$": %s}}`, strings.Join(all, ", "), kinds, group, oneString))
	}
	const three, four = "resources|required|member_of", "resources|required|member_of|in_tree"
	return rest.Body(query("resources")).
		From(rest.V(1, 16), plain("resources")).
		From(rest.V(1, 17), plain("resources", "required")).
		From(rest.V(1, 21), plain("resources", "required", "member_of")).
		From(rest.V(1, 25), grouped(numberedGroup, three)).
		From(rest.V(1, 31), grouped(numberedGroup, four)).
		From(rest.V(1, 33), grouped(suffixedGroup, four)).
		From(rest.V(1, 35), grouped(suffixedGroup, four, "root_required")).
		From(rest.V(1, 36), grouped(suffixedGroup, four, "root_required", "same_subtree"))
}

var groupParameter = regexp.MustCompile(`^(resources|required|member_of|in_tree)(` + suffixedGroup + `)?$`)

// candidateRequest reads the whole question; as placement/lib.py.
func candidateRequest(c *rest.Call) (r placement.CandidateRequest, err error) {
	q := c.Query()
	r.Nested = c.Version.AtLeast(1, 29)
	if q.Has("limit") {
		r.Limit, _ = strconv.Atoi(q.Get("limit")) // the schema has seen that it is a number
	}
	r.Isolate = q.Get("group_policy") == "isolate"
	if roots := q["root_required"]; len(roots) > 0 {
		if r.Root, err = rootTraits(roots); err != nil {
			return r, err
		}
	}
	for _, value := range q["same_subtree"] {
		suffixes := trimmed(value)
		if slices.Contains(suffixes, "") {
			return r, bad("Empty string (unsuffixed group) can not be specified in `same_subtree` ")
		}
		r.SameSubtree = append(r.SameSubtree, suffixes)
	}
	if r.Groups, err = groups(c, q); err != nil {
		return r, err
	}
	if err := checkGroups(c, r); err != nil {
		return r, err
	}
	granular := 0
	for _, g := range r.Groups {
		if g.Granular() {
			granular++
		}
	}
	if granular > 1 && !q.Has("group_policy") {
		return r, placement.Invalid(`The "group_policy" parameter is required when specifying more than one "resources{N}" parameter.`)
	}
	return r, nil
}

func bad(format string, args ...any) *fault.Fault {
	return fault.New(fault.Invalid, placement.QueryBadValue, format, args...)
}

// rootTraits reads what the root of each tree must be like; "in:" is not for it.
func rootTraits(values []string) (f placement.TraitFilter, err error) {
	if len(values) > 1 {
		return f, fault.New(fault.Invalid, placement.QueryDuplicateKey, "Query parameter 'root_required' may be specified only once.")
	}
	if err := addTraits(&f, values[0], true, false); err != nil {
		return f, err
	}
	for _, t := range f.Required {
		if slices.Contains(f.Forbidden, t[0]) {
			return f, bad("Conflicting required and forbidden traits found in root_required: %s", t[0])
		}
	}
	return f, nil
}

// groups gathers parameters by their suffix, the group without one first.
func groups(c *rest.Call, q url.Values) ([]placement.Group, error) {
	bySuffix := map[string]*placement.Group{}
	for _, name := range slices.Sorted(maps.Keys(q)) {
		parts := groupParameter.FindStringSubmatch(name)
		if parts == nil {
			continue
		}
		kind, suffix := parts[1], parts[2]
		g := bySuffix[suffix]
		if g == nil {
			g = &placement.Group{Suffix: suffix}
			bySuffix[suffix] = g
		}
		var err error
		switch kind {
		case "resources":
			g.Resources, err = queryResources(last(q, name))
		case "required":
			g.Traits, err = queryTraits(c, q[name])
		case "member_of":
			g.MemberOf, err = queryAggregates(c, q[name], suffix)
		case "in_tree":
			if g.InTree = strings.TrimSpace(last(q, name)); !isUUID(g.InTree) {
				err = badQuery("Expected 'in_tree' parameter to be a format of uuid. Got: %s", last(q, name))
			}
			g.InTree = dashed(g.InTree)
		}
		if err != nil {
			return nil, err
		}
	}
	var list []placement.Group
	for _, suffix := range slices.Sorted(maps.Keys(bySuffix)) {
		list = append(list, *bySuffix[suffix])
	}
	return list, nil
}

// checkGroups refuses groups that ask for nothing or contradict themselves.
func checkGroups(c *rest.Call, r placement.CandidateRequest) error {
	check := checkOrphans
	if c.Version.AtLeast(1, 36) {
		check = checkSubtrees
	}
	if err := check(r); err != nil {
		return err
	}
	var conflicts []string
	for _, g := range r.Groups {
		for _, any := range g.Traits.Required {
			if !slices.ContainsFunc(any, func(t string) bool { return !slices.Contains(g.Traits.Forbidden, t) }) {
				conflicts = append(conflicts, fmt.Sprintf("required%s: (%s)", g.Suffix, strings.Join(slices.Sorted(slices.Values(any)), ", ")))
			}
		}
	}
	if len(conflicts) > 0 && c.Version.AtLeast(1, 22) {
		slices.Sort(conflicts)
		return placement.Invalid("Conflicting required and forbidden traits found in the following traits keys: %s", strings.Join(conflicts, ", "))
	}
	return nil
}

// checkOrphans wants resources in every group, as before 1.36.
func checkOrphans(r placement.CandidateRequest) error {
	var traits, members []string
	empty := false
	for _, g := range r.Groups {
		if len(g.Resources) > 0 {
			continue
		}
		empty = true
		if len(g.Traits.Required) > 0 {
			traits = append(traits, "required"+g.Suffix)
		}
		if !g.MemberOf.Empty() {
			members = append(members, "member_of"+g.Suffix)
		}
	}
	switch {
	case len(traits) > 0:
		return placement.Invalid("All traits parameters must be associated with resources.  Found the following orphaned traits keys: %s",
			strings.Join(traits, ", "))
	case len(members) > 0:
		return placement.Invalid("All member_of parameters must be associated with resources. Found the following orphaned member_of keys: %s",
			strings.Join(members, ", "))
	case empty:
		return placement.Invalid("All request groups must specify resources.")
	case len(r.Groups) == 0:
		return placement.Invalid("At least one request group (`resources` or `resources{$S}`) is required.")
	}
	return nil
}

// checkSubtrees lets groups go without resources that a same_subtree names (1.36).
func checkSubtrees(r placement.CandidateRequest) error {
	named := slices.Concat(r.SameSubtree...)
	var suffixes, empty, lost []string
	for _, g := range r.Groups {
		suffixes = append(suffixes, g.Suffix)
		if len(g.Resources) == 0 {
			empty = append(empty, g.Suffix)
			if !slices.Contains(named, g.Suffix) {
				lost = append(lost, g.Suffix)
			}
		}
	}
	unknown := slices.DeleteFunc(named, func(s string) bool { return slices.Contains(suffixes, s) })
	switch {
	case len(empty) == len(r.Groups):
		return fault.New(fault.Invalid, placement.QueryMissingValue, "There must be at least one resources or resources[$S] parameter.")
	case len(lost) > 0:
		return bad("Resourceless suffixed group request should be specified in `same_subtree` query param: bad group(s) - %s.", rest.Python(anyList(lost)))
	case len(unknown) > 0:
		return bad("Real suffixes should be specified in `same_subtree`: %s not found in %s.", rest.Python(anyList(unknown)), rest.Python(anyList(suffixes)))
	}
	return nil
}

func anyList(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}
