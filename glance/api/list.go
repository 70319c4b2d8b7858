package api

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"cumulet/glance"
	"cumulet/oslo/rest"
)

type imagesView struct {
	Images []imageView `json:"images"`
	First  string      `json:"first"`
	Next   string      `json:"next,omitempty"`
	Schema string      `json:"schema"`
}

func (a *API) listImages(ctx context.Context, c *rest.Call) (imagesView, error) {
	v := imagesView{Images: []imageView{}, Schema: "/v2/schemas/images"}
	f, err := a.readFilter(c.Query())
	if err != nil {
		return v, err
	}
	if err := c.Authorize(c.Mine()); err != nil {
		return v, err
	}
	images, err := a.Registry.Images(ctx, caller(c), f)
	if err != nil {
		return v, err
	}
	last := ""
	for _, i := range images {
		if c.Allowed("get_image", target(i)) {
			v.Images, last = append(v.Images, a.view(c, i)), i.ID
		}
	}
	v.First = pageLink("/v2/images", c.Request.URL.RawQuery, "")
	if last != "" && len(images) == f.Limit {
		v.Next = pageLink("/v2/images", c.Request.URL.RawQuery, last)
	}
	return v, nil
}

// pageLink is the address of a page of a list, its parameters in their order. Upstream's keeps of those given
// twice the last only, and so loses sort keys; ours keeps all.
func pageLink(path, query, marker string) string {
	var kept []string
	for _, pair := range strings.Split(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, err1 := url.QueryUnescape(name)
		value, err2 := url.QueryUnescape(value)
		if err1 == nil && err2 == nil && name != "marker" && pair != "" {
			kept = append(kept, url.QueryEscape(name)+"="+url.QueryEscape(value))
		}
	}
	if marker != "" {
		kept = append(kept, "marker="+url.QueryEscape(marker))
	}
	if len(kept) == 0 {
		return path
	}
	return path + "?" + strings.Join(kept, "&")
}

// maxProperties is how many properties a list may be filtered by: no image has more (image_property_quota).
const maxProperties = 128

// readFilter reads what a list is asked for. Parameters that name nothing of an image are properties.
// As glance/api/v2/images.py, RequestDeserializer.index, and glance/db/sqlalchemy/api.py, _make_conditions_from_filters.
func (a *API) readFilter(q url.Values) (glance.Filter, error) {
	f := glance.Filter{
		MemberStatus: glance.Accepted, Limit: a.Config.PageLimit, Marker: q.Get("marker"),
		Columns: map[string][]string{}, Properties: map[string]string{},
	}
	for name, values := range q {
		if err := a.readParameter(&f, name, values); err != nil {
			return f, err
		}
	}
	if len(f.Properties) > maxProperties {
		return f, glance.Invalid("Unable to filter on more than %d properties.", maxProperties)
	}
	f.Limit = min(f.Limit, a.Config.PageMax)
	var err error
	f.Sort, err = readSort(q)
	return f, err
}

func (a *API) readParameter(f *glance.Filter, name string, values []string) (err error) {
	value := values[len(values)-1]
	switch name {
	case "sort", "sort_key", "sort_dir", "deleted": // what is deleted is never listed
	case "marker":
		if value == "" {
			return glance.Invalid("No image found with ID ")
		}
	case "limit":
		f.Limit, err = readLimit(value)
	case "tag":
		for _, tag := range values {
			f.Tags = append(f.Tags, strings.TrimSpace(tag))
		}
	case "member_status":
		f.MemberStatus, err = readMemberStatus(value)
	case "visibility":
		return readVisibility(f, value)
	case "os_hidden":
		f.Hidden, err = readBool(name, strings.ToLower(value))
	case "protected":
		var on bool
		on, err = readBool(name, value)
		f.Protected = &on
	case "changes-since":
		return glance.Invalid(`The "changes-since" filter is no longer available on v2.`)
	case "created_at", "updated_at":
		return readTime(f, name, value)
	case "name", "id", "status", "container_format", "disk_format":
		f.Columns[name], err = readAmong(value)
	case "owner", "checksum", "os_hash_value", "os_hash_algo":
		f.Columns[name] = []string{value}
	case "size", "virtual_size", "min_disk", "min_ram":
		return readNumber(f, name, "eq", value)
	default:
		return readOther(f, name, value)
	}
	return err
}

// readOther reads a range of a number ("size_min"), or a property.
func readOther(f *glance.Filter, name, value string) error {
	for suffix, operator := range map[string]string{"_min": "gte", "_max": "lte"} {
		column, found := strings.CutSuffix(name, suffix)
		if found && slices.Contains([]string{"size", "virtual_size", "min_disk", "min_ram"}, column) {
			return readNumber(f, column, operator, value)
		}
	}
	f.Properties[name] = value
	return nil
}

func readNumber(f *glance.Filter, column, operator, value string) error {
	n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
	if err != nil && operator == "eq" { // nothing equals what is no number
		f.Columns["id"] = []string{""}
		return nil
	}
	if err != nil {
		return glance.Invalid("Unable to filter on a range with a non-numeric value.")
	}
	f.Numbers = append(f.Numbers, glance.Comparison[int64]{Column: column, Operator: operator, Value: n})
	return nil
}

func readLimit(value string) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(value))
	switch {
	case err != nil:
		return 0, glance.Invalid("limit param must be an integer")
	case n < 0:
		return 0, glance.Invalid("limit param must be positive")
	}
	return n, nil
}

func readMemberStatus(value string) (glance.MemberStatus, error) {
	if value == "all" {
		return "", nil
	}
	if s := glance.MemberStatus(value); s.Valid() {
		return s, nil
	}
	return "", glance.Invalid("Invalid status: %s", value)
}

func readVisibility(f *glance.Filter, value string) error {
	switch glance.Visibility(value) {
	case "":
	case "all":
		f.AnyCommunity = true
	case glance.Public, glance.Community, glance.Shared, glance.Private:
		f.Visibility = glance.Visibility(value)
	default:
		return glance.Invalid("Invalid visibility value: %s", value)
	}
	return nil
}

func readBool(name, value string) (bool, error) {
	switch value {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, glance.Invalid("Invalid value '%s' for '%s' filter. Valid values are 'true' or 'false'.", value, name)
}

// readTime reads "gte:2026-01-02T03:04:05Z"; without an operator times must be the same.
func readTime(f *glance.Filter, name, value string) error {
	operator, at := "eq", value
	when, err := parseTime(value)
	if err != nil {
		if before, rest, found := strings.Cut(value, ":"); found {
			operator, at = before, rest
		}
		if when, err = parseTime(at); err != nil {
			return glance.Invalid("Bad \"%s\" query filter format. Use ISO 8601 DateTime notation.", name)
		}
	}
	if !slices.Contains([]string{"eq", "neq", "gt", "gte", "lt", "lte"}, operator) {
		return glance.Invalid("Unable to filter on a unknown operator.")
	}
	f.Times = append(f.Times, glance.Comparison[time.Time]{Column: name, Operator: operator, Value: when})
	return nil
}

func parseTime(s string) (when time.Time, err error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02"} {
		if when, err = time.Parse(layout, s); err == nil {
			return when.UTC(), nil
		}
	}
	return when, err
}

// readAmong reads one value, or after "in:" several, of which those with a comma stand in quotes.
func readAmong(value string) ([]string, error) {
	operator, list, found := strings.Cut(value, ":")
	switch {
	case !found:
		return []string{value}, nil
	case operator == "eq":
		return []string{list}, nil
	case operator != "in":
		return nil, glance.Invalid("Unable to filter by unknown operator '%s'.", operator)
	}
	return splitQuoted(list)
}

// splitQuoted splits at commas outside quotes; a backslash in quotes takes the next character as it is.
// As glance/common/utils.py, split_filter_value_for_quotes.
func splitQuoted(list string) ([]string, error) {
	var all []string
	for rest := list; rest != ""; {
		if rest[0] != '"' {
			value, tail, _ := strings.Cut(rest, ",")
			if strings.Contains(value, `"`) {
				return nil, glance.Invalid("Invalid filter value %s. There is no comma before opening quotation mark.", list)
			}
			all, rest = append(all, value), tail
			continue
		}
		end := 1
		for end < len(rest) && rest[end] != '"' {
			if rest[end] == '\\' {
				end++
			}
			end++
		}
		if end >= len(rest) {
			return nil, glance.Invalid("Invalid filter value %s. The quote is not closed.", list)
		}
		all = append(all, rest[1:end])
		rest = rest[end+1:]
		if rest != "" && rest[0] != ',' {
			return nil, glance.Invalid("Invalid filter value %s. There is no comma after closing quotation mark.", list)
		}
		rest = strings.TrimPrefix(rest, ",")
	}
	if len(all) == 0 {
		all = []string{""}
	}
	return all, nil
}
