package api

import (
	"net/url"
	"slices"
	"strings"

	"cumulet/glance"
)

// sortKeys are the columns that lists can be sorted by.
func sortKeys() []string {
	return []string{"name", "status", "container_format", "disk_format", "size", "id", "created_at", "updated_at"}
}

// readSort reads the order of a list: "sort=name:asc,size" or, in the older form, sort_key and sort_dir, where one
// direction holds for all keys. Time of creation and id follow, so that the order is always one.
// As glance/api/v2/images.py, RequestDeserializer._get_sorting_params, and glance/db/sqlalchemy/api.py, image_get_all.
func readSort(q url.Values) ([]glance.Order, error) {
	keys, directions := q["sort_key"], q["sort_dir"]
	if q.Has("sort") {
		if len(keys)+len(directions) > 0 {
			return nil, glance.Invalid("Old and new sorting syntax cannot be combined")
		}
		sorts := q["sort"]
		for _, part := range strings.Split(strings.TrimSpace(sorts[len(sorts)-1]), ",") {
			key, direction, _ := strings.Cut(part, ":")
			if direction == "" {
				direction = "desc"
			}
			keys, directions = append(keys, key), append(directions, direction)
		}
	} else if len(directions) > 1 && len(directions) != len(keys) {
		return nil, glance.Invalid("Number of sort dirs does not match the number of sort keys")
	}
	if len(keys) == 0 {
		keys = []string{"created_at"}
	}
	fallback := "desc"
	if len(directions) == 1 {
		fallback = strings.TrimSpace(directions[0])
	}
	var order []glance.Order
	for n, key := range keys {
		direction := fallback
		if n < len(directions) {
			direction = directions[n]
		}
		o, err := readOrder(strings.TrimSpace(key), strings.TrimSpace(direction))
		if err != nil {
			return nil, err
		}
		order = appendOrder(order, o)
	}
	for _, key := range []string{"created_at", "id"} {
		order = appendOrder(order, glance.Order{Column: key, Descending: fallback == "desc"})
	}
	return order, nil
}

func appendOrder(order []glance.Order, o glance.Order) []glance.Order {
	if slices.ContainsFunc(order, func(have glance.Order) bool { return have.Column == o.Column }) {
		return order
	}
	return append(order, o)
}

func readOrder(key, direction string) (glance.Order, error) {
	if !slices.Contains(sortKeys(), key) {
		return glance.Order{}, glance.Invalid("Invalid sort key: %s. It must be one of the following: %s.", key, strings.Join(sortKeys(), ", "))
	}
	if direction != "asc" && direction != "desc" {
		return glance.Order{}, glance.Invalid("Invalid sort direction: %s", direction)
	}
	return glance.Order{Column: key, Descending: direction == "desc"}, nil
}
