package api

import (
	"context"
	"slices"

	"cumulet/keystone"
	"cumulet/oslo/rest"
)

// family adds what a query asks of a project's parents and subtree: lists of the projects that the caller has a role in, or
// nested ids of all. As keystone/api/projects.py, _expand_project_ref.
func (a *API) family(ctx context.Context, c *rest.Call, p keystone.Project, v view) error {
	for _, pair := range [][2]string{{"parents_as_list", "parents_as_ids"}, {"subtree_as_list", "subtree_as_ids"}} {
		if asked(c, pair[0]) && asked(c, pair[1]) {
			return keystone.Invalid("Use either %s or %s, not both.", pair[0], pair[1])
		}
	}
	if asked(c, "parents_as_list") || asked(c, "parents_as_ids") {
		above, err := a.Resource.Ancestors(ctx, p)
		if err != nil {
			return err
		}
		if v["parents"], err = a.relatives(ctx, c, above, "parents_as_list", func() any { return chain(above) }); err != nil {
			return err
		}
	}
	if asked(c, "subtree_as_list") || asked(c, "subtree_as_ids") {
		below, err := a.Resource.Descendants(ctx, p.ID)
		if err != nil {
			return err
		}
		if v["subtree"], err = a.relatives(ctx, c, below, "subtree_as_list", func() any { return tree(p.ID, below) }); err != nil {
			return err
		}
	}
	return nil
}

// relatives shows projects as a list, where the query asks so, of those the caller has a role in; else as ids makes them.
func (a *API) relatives(ctx context.Context, c *rest.Call, all []keystone.Project, asList string, ids func() any) (any, error) {
	if !asked(c, asList) {
		return ids(), nil
	}
	mine, err := a.Assignment.ProjectsOf(ctx, c.Who.UserID)
	if err != nil {
		return nil, err
	}
	shown, list := map[string]view{}, []view{}
	for _, p := range all {
		if slices.ContainsFunc(mine, func(m keystone.Project) bool { return m.ID == p.ID }) {
			shown[p.ID] = projectView(c, p)
			list = append(list, view{"project": shown[p.ID]})
		}
	}
	if asked(c, "include_limits") {
		err = a.includeLimits(ctx, shown)
	}
	return list, err
}

// chain nests the ids of what lies above: the nearest outermost.
func chain(above []keystone.Project) any {
	var inner any
	for _, p := range slices.Backward(above) {
		inner = view{p.ID: inner}
	}
	return inner
}

// tree nests the ids of what lies below.
func tree(id string, below []keystone.Project) any {
	children := view{}
	for _, p := range below {
		if p.ParentID == id {
			children[p.ID] = tree(p.ID, below)
		}
	}
	if len(children) == 0 {
		return nil
	}
	return children
}
