package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"cumulet/neutron"
	"cumulet/oslo/fault"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

// resource is a noun on the wire. Functions that are nil are not offered.
type resource[N any] struct {
	name, plural, path string // "security_group", "security_groups", "security-groups"
	attributes         []attribute[N]
	fresh              func() N // a noun with the defaults of what a request leaves out
	target             func(N) policy.Target
	project            func(*N) *string
	// around fills in what policy must know of the nouns around a new one.
	around func(ctx context.Context, as neutron.Scope, n *N) error
	list   func(ctx context.Context, q neutron.Query, projectID string) ([]N, error)
	find   func(ctx context.Context, as neutron.Scope, id string) (N, error)
	create func(ctx context.Context, as neutron.Scope, drafts []neutron.Draft[N]) ([]N, error)
	update func(ctx context.Context, as neutron.Scope, id string, change neutron.Change[N]) (N, error)
	remove func(ctx context.Context, as neutron.Scope, id string, ifRevision *int) error
}

// routesOf are the routes that every resource has.
func routesOf[N any](a *API, r *resource[N]) []rest.Route {
	at := "/v2.0/" + r.path
	out := []rest.Route{
		{Do: "GET " + at, Rule: "get_" + r.name, Status: 200, Run: func(ctx context.Context, c *rest.Call) (any, error) { return listAll(ctx, a, r, c) }},
		{Do: "GET " + at + "/{id}", Rule: "get_" + r.name, Status: 200, Run: func(ctx context.Context, c *rest.Call) (any, error) { return showOne(ctx, a, r, c) }},
	}
	if r.create != nil {
		out = append(out, rest.Route{Do: "POST " + at, Rule: "create_" + r.name, Status: 201, Run: func(ctx context.Context, c *rest.Call) (any, error) { return createAll(ctx, a, r, c) }})
	}
	if r.update != nil {
		out = append(out, rest.Route{Do: "PUT " + at + "/{id}", Rule: "update_" + r.name, Status: 200, Run: func(ctx context.Context, c *rest.Call) (any, error) { return updateOne(ctx, a, r, c) }})
	}
	if r.remove != nil {
		out = append(out, rest.Route{Do: "DELETE " + at + "/{id}", Rule: "delete_" + r.name, Status: 204, Run: func(ctx context.Context, c *rest.Call) (any, error) { return nil, deleteOne(ctx, a, r, c) }})
	}
	return out
}

// scope is whose eyes a request sees with: administrators and other services see everything.
func scope(c *rest.Call) neutron.Scope {
	return neutron.Scope{ProjectID: c.Who.ProjectID, All: c.Allowed("context_is_admin", nil) || c.Allowed("context_is_advsvc", nil)}
}

func showOne[N any](ctx context.Context, a *API, r *resource[N], c *rest.Call) (any, error) {
	n, err := seen(ctx, r, c)
	if err != nil {
		return nil, err
	}
	return map[string]any{r.name: view(a, r, c, n, c.Query()["fields"])}, nil
}

// seen finds a noun that the caller may see; what they may not does not exist.
func seen[N any](ctx context.Context, r *resource[N], c *rest.Call) (N, error) {
	n, err := r.find(ctx, scope(c), c.Path("id"))
	if err != nil {
		return n, err
	}
	if c.AuthorizeRule("get_"+r.name, r.target(n)) != nil {
		return n, notThere()
	}
	return n, nil
}

func notThere() error {
	return fault.New(fault.NotFound, "HTTPNotFound", "The resource could not be found.")
}

// view is a noun as the caller sees it.
func view[N any](a *API, r *resource[N], c *rest.Call, n N, fields []string) map[string]any {
	out := make(map[string]any, len(r.attributes))
	target := r.target(n)
	for i := range r.attributes {
		at := &r.attributes[i]
		if at.get == nil || !wanted(fields, at.name) {
			continue
		}
		if rule := "get_" + r.name + ":" + at.name; at.rule && a.Policy.Has(rule) && !c.Allowed(rule, target) {
			continue
		}
		if v := at.get(n); v != absent {
			out[at.name] = v
		}
	}
	return out
}

// absent is the value of an attribute that a noun does not have.
var absent = new(struct{ _ int })

func wanted(fields []string, name string) bool {
	any := false
	for _, f := range fields {
		if f == name {
			return true
		}
		any = any || f != ""
	}
	return !any
}

func createAll[N any](ctx context.Context, a *API, r *resource[N], c *rest.Call) (any, error) {
	list, bulk, err := items(c.Raw, r.name, r.plural)
	if err != nil {
		return nil, err
	}
	as := scope(c)
	drafts := make([]neutron.Draft[N], len(list))
	for i, raw := range list {
		if drafts[i], err = draft(ctx, a, r, c, as, raw); err != nil {
			return nil, err
		}
	}
	made, err := r.create(ctx, as, drafts)
	if err != nil {
		return nil, err
	}
	if !bulk {
		return map[string]any{r.name: view(a, r, c, made[0], nil)}, nil
	}
	views := make([]any, len(made))
	for i, n := range made {
		views[i] = view(a, r, c, n, nil)
	}
	return map[string]any{r.plural: views}, nil
}

// draft reads and authorizes one noun to be made.
func draft[N any](ctx context.Context, a *API, r *resource[N], c *rest.Call, as neutron.Scope, raw map[string]any) (neutron.Draft[N], error) {
	var none neutron.Draft[N]
	if err := owner(raw, c, as); err != nil {
		return none, err
	}
	in, set, err := take(r.attributes, raw, true)
	if err != nil {
		return none, err
	}
	n := r.fresh()
	*r.project(&n) = c.Who.ProjectID
	set(&n)
	if r.around != nil {
		if err := r.around(ctx, as, &n); err != nil {
			return none, err
		}
	}
	target := r.target(n)
	if err := c.Authorize(target); err != nil {
		return none, err
	}
	if err := authorizeAttributes(a, r, c, "create_"+r.name, in, target, true); err != nil {
		return none, err
	}
	return neutron.Draft[N]{Of: n, Given: in.given()}, nil
}

// owner makes project_id and tenant_id agree. As neutron_lib/api/attributes.py, populate_project_info, _validate_privileges.
func owner(raw map[string]any, c *rest.Call, as neutron.Scope) error {
	tenant, hasTenant := raw["tenant_id"]
	project, hasProject := raw["project_id"]
	switch {
	case hasTenant && hasProject && tenant != project:
		return badRequest("'project_id' and 'tenant_id' do not match")
	case hasTenant:
		raw["project_id"], project, hasProject = tenant, tenant, true
	case hasProject:
		raw["tenant_id"] = project
	}
	if hasProject && project != c.Who.ProjectID && !as.All {
		return badRequest("Specifying 'project_id' or 'tenant_id' other than the authenticated project in request requires admin or " +
			"advsvc privileges")
	}
	return nil
}

// authorizeAttributes asks the rules of the attributes that a request names, and of the members of those that are objects.
// A refusal names all that was asked for. As neutron/policy.py, _build_match_rule.
func authorizeAttributes[N any](a *API, r *resource[N], c *rest.Call, action string, in item, target policy.Target, creating bool) error {
	whole := "rule:" + action
	var asked []string
	for i := range r.attributes {
		at := &r.attributes[i]
		value, ok := in.values[at.name]
		if !ok || !at.rule || creating && at.def != nil && value == at.def {
			continue
		}
		rule := action + ":" + at.name
		var parts []string
		for _, member := range members(in.raw[at.name]) {
			if part := rule + ":" + member; a.Policy.Has(part) {
				parts = append(parts, part)
			}
		}
		if asked = append(asked, parts...); a.Policy.Has(rule) {
			asked = append(asked, rule)
			check := "rule:" + rule
			if len(parts) > 0 {
				check = "(" + check + " and (rule:" + strings.Join(parts, " and rule:") + "))"
			}
			whole = "(" + whole + " and " + check + ")"
		}
	}
	for _, rule := range asked {
		if err := c.AuthorizeRule(rule, target); err != nil {
			return fault.New(fault.Forbidden, "PolicyNotAuthorized", "%s", disallowed(whole)).Because(err)
		}
	}
	return nil
}

// members are the names in an object, or in the objects of a list.
func members(v any) []string {
	found := map[string]bool{}
	switch v := v.(type) {
	case map[string]any:
		for name := range v {
			found[name] = true
		}
	case []any:
		for _, e := range v {
			for _, name := range members(e) {
				found[name] = true
			}
		}
	}
	out := make([]string, 0, len(found))
	for name := range found {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func updateOne[N any](ctx context.Context, a *API, r *resource[N], c *rest.Call) (any, error) {
	list, _, err := items(c.Raw, r.name, r.plural)
	if err != nil {
		return nil, err
	}
	if len(list) != 1 {
		return nil, badRequest("Bulk operation not supported")
	}
	in, set, err := take(r.attributes, list[0], false)
	if err != nil {
		return nil, err
	}
	as := scope(c)
	n, err := r.find(ctx, as, c.Path("id"))
	if err != nil {
		return nil, err
	}
	before := r.target(n)
	set(&n)
	target := r.target(n)
	if err := c.Authorize(target); err != nil {
		return nil, hidden(c, "get_"+r.name, before, err)
	}
	if err := authorizeAttributes(a, r, c, "update_"+r.name, in, target, false); err != nil {
		return nil, err
	}
	revision, err := ifMatch(c)
	if err != nil {
		return nil, err
	}
	n, err = r.update(ctx, as, c.Path("id"), neutron.Change[N]{Apply: set, Given: in.given(), IfRevision: revision})
	if err != nil {
		return nil, err
	}
	return map[string]any{r.name: view(a, r, c, n, nil)}, nil
}

// hidden turns a refusal about what the caller may not even see into its absence.
func hidden(c *rest.Call, rule string, target policy.Target, refusal error) error {
	if c.Allowed(rule, target) {
		return refusal
	}
	return notThere()
}

func deleteOne[N any](ctx context.Context, a *API, r *resource[N], c *rest.Call) error {
	if len(c.Raw) > 0 {
		return badRequest("Request body is not supported in DELETE.")
	}
	as := scope(c)
	n, err := r.find(ctx, as, c.Path("id"))
	if err != nil {
		return err
	}
	if err := c.Authorize(r.target(n)); err != nil {
		return hidden(c, "get_"+r.name, r.target(n), err)
	}
	revision, err := ifMatch(c)
	if err != nil {
		return err
	}
	return r.remove(ctx, as, c.Path("id"), revision)
}

// ifMatch reads the revision that a change is constrained to. As neutron/api/api_common.py, check_request_for_revision_constraint.
func ifMatch(c *rest.Call) (*int, error) {
	var found *int
	for _, line := range c.Request.Header.Values(http.CanonicalHeaderKey("If-Match")) {
		for _, tag := range strings.Split(line, ",") {
			text, ok := strings.CutPrefix(strings.Trim(strings.TrimSpace(tag), `"`), "revision_number=")
			if !ok {
				continue
			}
			n, err := strconv.Atoi(text)
			if err != nil {
				return nil, neutron.Bad("if-match", "Revision number etag must be in the format of revision_number=<int>")
			}
			if found != nil {
				return nil, neutron.Bad("if-match", "Multiple revision_number etags are not supported.")
			}
			found = &n
		}
	}
	return found, nil
}

// orNil writes what is empty as null.
func orNil[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}

// listOf writes a list, never null.
func listOf[T any](v []T) []T {
	if v == nil {
		return []T{}
	}
	return v
}

// stringOf writes what has a String.
func stringOf[T fmt.Stringer](v []T) []string {
	out := make([]string, len(v))
	for i := range v {
		out[i] = v[i].String()
	}
	return out
}
