package api

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"cumulet/neutron"
	"cumulet/oslo/fault"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

// maxTags bounds the tags of one resource. As neutron/extensions/tagging.py, MAX_TAGS_COUNT.
const maxTags = 50

// tagRoutes are the tags of every resource that has some.
func (a *API) tagRoutes() []rest.Route {
	return slices.Concat(
		tagsOf(a, a.networks(), "networks", func(n network) []string { return n.Tags }),
		tagsOf(a, a.subnets(), "subnets", func(s subnet) []string { return s.Tags }),
		tagsOf(a, a.ports(), "ports", func(p port) []string { return p.Tags }),
		tagsOf(a, a.routers(), "routers", func(r router) []string { return r.Tags }),
		tagsOf(a, a.floatingIPs(), "floatingips", func(f floatingIP) []string { return f.Tags }),
		tagsOf(a, a.securityGroups(), "security_groups", func(g securityGroup) []string { return g.Tags }),
	)
}

func tagsOf[N any](a *API, r *resource[N], table string, tags func(N) []string) []rest.Route {
	at := "/v2.0/" + r.path + "/{id}/tags"
	// change makes a handler that replaces the tags by what next gives; answer is what it says of them then, if anything.
	change := func(next func(c *rest.Call, have []string) ([]string, error), answer func(tags []string) any) rest.Handler {
		return func(ctx context.Context, c *rest.Call) (any, error) {
			n, err := tagged(ctx, r, c)
			if err != nil {
				return nil, err
			}
			target := r.target(n)
			if err := c.Authorize(policy.Target{"project_id": target["project_id"], "tenant_id": target["tenant_id"]}); err != nil {
				return nil, err
			}
			wanted, err := a.Plugin.ChangeTags(ctx, table, c.Path("id"), func(have []string) ([]string, error) { return next(c, have) })
			if err != nil || answer == nil {
				return nil, err
			}
			return answer(wanted), nil
		}
	}
	return []rest.Route{
		{Do: "GET " + at, Rule: "get_" + r.name, Status: 200, Run: func(ctx context.Context, c *rest.Call) (any, error) {
			n, err := tagged(ctx, r, c)
			return map[string]any{"tags": listOf(tags(n))}, err
		}},
		{Do: "GET " + at + "/{tag}", Rule: "get_" + r.name, Status: 204, Run: func(ctx context.Context, c *rest.Call) (any, error) {
			n, err := tagged(ctx, r, c)
			if err == nil && !slices.Contains(tags(n), c.Path("tag")) {
				err = tagNotFound(c.Path("tag"))
			}
			return nil, err
		}},
		{Do: "PUT " + at, Rule: "update_tags", Status: 200, Run: change(replaceTags, allTags)},
		{Do: "PUT " + at + "/{tag}", Rule: "update_tags", Status: 201, Run: change(addTag, noWord)},
		{Do: "DELETE " + at, Rule: "update_tags", Status: 204, Run: change(func(*rest.Call, []string) ([]string, error) { return nil, nil }, nil)},
		{Do: "DELETE " + at + "/{tag}", Rule: "update_tags", Status: 204, Run: change(removeTag, nil)},
	}
}

// allTags answers with the tags.
func allTags(tags []string) any { return map[string]any{"tags": listOf(tags)} }

// noWord answers with JSON's null, as neutron/extensions/tagging.py, update.
func noWord([]string) any { return json.RawMessage("null") }

// tagged is seen, in the words of tags. As neutron/services/tag/tag_plugin.py, _get_resource.
func tagged[N any](ctx context.Context, r *resource[N], c *rest.Call) (N, error) {
	n, err := seen(ctx, r, c)
	if fault.Is(err, fault.NotFound) {
		err = fault.New(fault.NotFound, "TagResourceNotFound", "Resource %s %s could not be found.",
			strings.ReplaceAll(r.path, "-", "_"), c.Path("id"))
	}
	return n, err
}

func tagNotFound(tag string) error {
	return fault.New(fault.NotFound, "TagNotFound", "Tag %s could not be found.", tag)
}

func validTag(tag string) error {
	if _, err := text(255).check(tag); err != nil {
		return neutron.Invalid("%s", err)
	}
	return nil
}

func replaceTags(c *rest.Call, _ []string) ([]string, error) {
	list, _, err := items([]byte(`{"tags_body":`+string(c.Raw)+`}`), "tags_body", "")
	if err != nil {
		return nil, err
	}
	v, err := texts.check(list[0]["tags"])
	if err != nil {
		return nil, neutron.Invalid("%s", err)
	}
	wanted := v.([]string)
	slices.Sort(wanted)
	wanted = slices.Compact(wanted)
	if len(wanted) > maxTags {
		return nil, badRequest("The number of tags exceed the per-resource limit of %d", maxTags)
	}
	return wanted, nil
}

func addTag(c *rest.Call, have []string) ([]string, error) {
	tag := c.Path("tag")
	if err := validTag(tag); err != nil {
		return nil, err
	}
	if slices.Contains(have, tag) {
		return have, nil
	}
	if len(have) == maxTags {
		return nil, badRequest("The number of tags exceed the per-resource limit of %d", maxTags)
	}
	return append(have, tag), nil
}

func removeTag(c *rest.Call, have []string) ([]string, error) {
	i := slices.Index(have, c.Path("tag"))
	if i < 0 {
		return nil, tagNotFound(c.Path("tag"))
	}
	return slices.Delete(have, i, i+1), nil
}
