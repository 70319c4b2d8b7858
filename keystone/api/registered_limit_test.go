package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// nova is the id of the compute service.
func (c *cloud) nova() string {
	c.Helper()
	return word(c.must(200, "GET", "/v3/services?type=compute", nil), "services", 0, "id")
}

// register makes a registered limit of nova's and gives its id.
func (c *cloud) register(resource string, amount int) string {
	c.Helper()
	body := object{"registered_limits": []object{{"service_id": c.nova(), "resource_name": resource, "default_limit": amount}}}
	return word(c.must(201, "POST", "/v3/registered_limits", body), "registered_limits", 0, "id")
}

// each is one member of all things of a list, sorted, in one text.
func each(body object, list, member string) string {
	things, _ := body[list].([]any)
	values := make([]string, len(things))
	for i, thing := range things {
		values[i] = fmt.Sprint(at(thing, member))
	}
	slices.Sort(values)
	return strings.Join(values, " ")
}

func TestRegisteredLimitLives(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	nova := c.nova()
	made := c.must(201, "POST", "/v3/registered_limits", object{"registered_limits": []object{
		{"service_id": nova, "region_id": "RegionOne", "resource_name": "cores", "default_limit": 20, "description": "of servers"},
		{"service_id": nova, "resource_name": "ram_mb", "default_limit": -1},
	}})
	cores, ram := at(made, "registered_limits", 0), at(made, "registered_limits", 1)
	one := "/v3/registered_limits/" + word(cores, "id")
	want := object{"id": word(cores, "id"), "service_id": nova, "region_id": "RegionOne", "resource_name": "cores", "default_limit": 20,
		"description": "of servers", "links": object{"self": c.url + one}}
	if fmt.Sprint(cores) != fmt.Sprint(want) || len(made) != 1 {
		t.Errorf("made is %v, want %v", made, want)
	}
	if at(ram, "region_id") != nil || at(ram, "description") != nil || fmt.Sprint(at(ram, "default_limit")) != "-1" {
		t.Errorf("made is %v", ram)
	}
	for query, want := range map[string]string{
		"": "cores ram_mb", "?region_id=RegionOne": "cores", "?resource_name=ram_mb": "ram_mb", "?service_id=" + nova: "cores ram_mb",
		"?service_id=x": "", "?resource_name__contains=OR": "cores",
	} {
		if got := each(c.must(200, "GET", "/v3/registered_limits"+query, nil), "registered_limits", "resource_name"); got != want {
			t.Errorf("%q lists %q, want %q", query, got, want)
		}
	}
	change := object{"registered_limit": object{"region_id": nil, "default_limit": 0, "description": nil}}
	changed := at(c.must(200, "PATCH", one, change), "registered_limit")
	shown := at(c.must(200, "GET", one, nil), "registered_limit")
	if at(shown, "region_id") != nil || at(shown, "description") != nil || fmt.Sprint(at(shown, "default_limit")) != "0" ||
		word(shown, "resource_name") != "cores" || fmt.Sprint(changed) != fmt.Sprint(shown) {
		t.Errorf("changed is %v, shown %v", changed, shown)
	}
	if same := at(c.must(200, "PATCH", one, object{"registered_limit": object{}}), "registered_limit"); fmt.Sprint(same) != fmt.Sprint(shown) {
		t.Errorf("without a change it is %v", same)
	}
	c.must(204, "DELETE", one, nil)
	text := "Could not find registered limit for " + word(cores, "id") + "."
	for _, method := range []string{"GET", "PATCH", "DELETE"} {
		if gone := c.must(404, method, one, object{"registered_limit": object{}}); word(gone, "error", "message") != text {
			t.Errorf("%s: %v", method, gone)
		}
	}
}

func TestRegisteredLimitsAreRefused(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.register("cores", 20)
	good := object{"service_id": c.nova(), "resource_name": "ram_mb", "default_limit": 1}
	many := slices.Repeat([]object{good}, 1025)
	for claim, r := range map[string]struct {
		body   any
		status int
		text   string
	}{
		"there already":   {with(good, "resource_name", "cores"), 409, "Conflict occurred attempting to store registered_limit - Duplicate entry."},
		"one name twice":  {[]object{good, good}, 409, "Duplicate entry"},
		"unknown service": {with(good, "service_id", "x"), 400, "Expecting to find service_id in registered_limit."},
		"unknown region":  {with(good, "region_id", "x"), 400, "Expecting to find region_id in registered_limit."},
		"no region's id":  {with(good, "region_id", ""), 400, "Invalid input for field '0/region_id'"},
		"below -1":        {with(good, "default_limit", -2), 400, "Invalid input for field '0/default_limit': -2 is less than the minimum of -1"},
		"beyond an int":   {with(good, "default_limit", 1<<31), 400, "Invalid input for field '0/default_limit'"},
		"no number":       {with(good, "default_limit", "x"), 400, "'x' is not of type 'integer'"},
		"half a one":      {with(good, "default_limit", 0.5), 400, "0.5 is not of type 'integer'"},
		"no amount":       {object{"service_id": "x", "resource_name": "y"}, 400, "'default_limit' is a required property"},
		"no service":      {object{"default_limit": 1, "resource_name": "y"}, 400, "'service_id' is a required property"},
		"no name":         {with(good, "resource_name", ""), 400, "'' is too short"},
		"a long name":     {with(good, "resource_name", strings.Repeat("x", 256)), 400, "is too long"},
		"another member":  {with(good, "color", "red"), 400, "Additional properties are not allowed ('color' was unexpected)"},
		"none":            {[]object{}, 400, "[] is too short"},
		"too many":        {many, 400, "is too long"},
		"no list":         {object{"a": 1}, 400, "is not of type 'array'"},
	} {
		list := r.body
		if one, ok := list.(object); ok && claim != "no list" {
			list = []object{one}
		}
		refused := c.must(r.status, "POST", "/v3/registered_limits", object{"registered_limits": list})
		if !strings.Contains(word(refused, "error", "message"), r.text) {
			t.Errorf("%s: %v", claim, refused)
		}
	}
	c.must(400, "POST", "/v3/registered_limits", object{})
	if got := each(c.must(200, "GET", "/v3/registered_limits", nil), "registered_limits", "resource_name"); got != "cores" {
		t.Errorf("refused requests left %q", got)
	}
}

// with is an object with one member otherwise.
func with(o object, name string, value any) object {
	other := object{name: value}
	for k, v := range o {
		if k != name {
			other[k] = v
		}
	}
	return other
}

func TestRegisteredLimitChangesAreRefused(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.register("cores", 20)
	one := "/v3/registered_limits/" + c.register("ram_mb", 20)
	for claim, r := range map[string]struct {
		change object
		status int
		text   string
	}{
		"to another's name":  {object{"resource_name": "cores"}, 409, "Conflict occurred attempting to store registered_limit - Duplicate entry."},
		"to its own name":    {object{"resource_name": "ram_mb"}, 409, "Duplicate entry"},
		"to no service":      {object{"service_id": "x"}, 400, "Expecting to find service_id in registered_limit."},
		"to no region":       {object{"region_id": "x"}, 400, "Expecting to find region_id in registered_limit."},
		"of its id":          {object{"id": "x"}, 400, "Additional properties are not allowed ('id' was unexpected)"},
		"to a null amount":   {object{"default_limit": nil}, 400, "Invalid input for field 'default_limit': None is not of type 'integer'"},
		"to a null service":  {object{"service_id": nil}, 400, "None is not of type 'string'"},
		"to a text's amount": {object{"default_limit": "1"}, 400, "'1' is not of type 'integer'"},
	} {
		refused := c.must(r.status, "PATCH", one, object{"registered_limit": r.change})
		if !strings.Contains(word(refused, "error", "message"), r.text) {
			t.Errorf("%s: %v", claim, refused)
		}
	}
	l := at(c.must(200, "GET", one, nil), "registered_limit")
	if word(l, "resource_name") != "ram_mb" || fmt.Sprint(at(l, "default_limit")) != "20" {
		t.Errorf("refused changes left %v", l)
	}
}

func TestRegisteredLimitStaysWhileLimitsReferToIt(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	id := c.register("cores", 20)
	one := "/v3/registered_limits/" + id
	_, projectID := c.member("eve")
	limitID := c.limit("project_id", projectID, "cores", 5)
	text := "Unable to update or delete registered limit " + id + " because there are project limits associated with it."
	for method, body := range map[string]any{"PATCH": object{"registered_limit": object{"description": "new"}}, "DELETE": nil} {
		if refused := c.must(403, method, one, body); word(refused, "error", "message") != text {
			t.Errorf("%s: %v", method, refused)
		}
	}
	c.must(204, "DELETE", "/v3/limits/"+limitID, nil)
	c.must(200, "PATCH", one, object{"registered_limit": object{"description": "new"}})
	c.must(204, "DELETE", one, nil)
}

// TestServiceAndRegionGoBeforeTheirLimits: as upstream's tables let them.
func TestServiceAndRegionGoBeforeTheirLimits(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	service := word(c.must(201, "POST", "/v3/services", object{"service": object{"type": "t"}}), "service", "id")
	c.must(201, "POST", "/v3/regions", object{"region": object{"id": "Here"}})
	_, projectID := c.member("eve")
	what := object{"service_id": service, "region_id": "Here", "resource_name": "things"}
	registered := word(c.must(201, "POST", "/v3/registered_limits",
		object{"registered_limits": []object{with(what, "default_limit", 1)}}), "registered_limits", 0, "id")
	given := with(with(what, "project_id", projectID), "resource_limit", 1)
	limitID := word(c.must(201, "POST", "/v3/limits", object{"limits": []object{given}}), "limits", 0, "id")
	c.must(204, "DELETE", "/v3/services/"+service, nil)
	c.must(204, "DELETE", "/v3/regions/Here", nil)
	c.must(200, "PATCH", "/v3/limits/"+limitID, object{"limit": object{"resource_limit": 2}})
	c.must(204, "DELETE", "/v3/limits/"+limitID, nil)
	c.must(200, "PATCH", "/v3/registered_limits/"+registered, object{"registered_limit": object{"default_limit": 2}})
	c.must(204, "DELETE", "/v3/registered_limits/"+registered, nil)
}
