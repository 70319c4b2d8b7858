package api

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cumulet/oslo/fault"
	"cumulet/oslo/rest"
	"cumulet/placement"
)

// badQuery is a query string that makes no sense.
func badQuery(format string, args ...any) *fault.Fault {
	return placement.Invalid("Invalid query string parameters: "+format, args...)
}

// last is the value that counts where a parameter was given several times.
func last(q url.Values, name string) string {
	if vs := q[name]; len(vs) > 0 {
		return vs[len(vs)-1]
	}
	return ""
}

// queryResources reads "VCPU:2,MEMORY_MB:1024"; as placement/util.py, normalize_resources_qs_param.
func queryResources(value string) (map[string]int, error) {
	const expected = "Badly formed resources parameter. Expected resources query string parameter in form: " +
		"?resources=VCPU:2,MEMORY_MB:1024. Got: %s."
	if strings.TrimSpace(value) == "" {
		return nil, placement.Invalid(expected, "empty string")
	}
	resources := map[string]int{}
	for _, item := range strings.Split(value, ",") {
		class, number, ok := strings.Cut(item, ":")
		if !ok || strings.Contains(number, ":") {
			return nil, placement.Invalid(expected, item)
		}
		amount, err := strconv.Atoi(strings.TrimSpace(number))
		if err != nil {
			return nil, placement.Invalid("Requested resource %s expected positive integer amount. Got: %s.", class, number)
		}
		if amount < 1 {
			return nil, placement.Invalid("Requested resource %s requires amount >= 1. Got: %d.", class, amount)
		}
		resources[class] = amount
	}
	return resources, nil
}

// queryTraits reads the values of a "required" parameter; forbidden ones ("!") since 1.22, repetition and "in:" since 1.39.
func queryTraits(c *rest.Call, values []string) (placement.TraitFilter, error) {
	if !c.Version.AtLeast(1, 39) && len(values) > 1 {
		values = values[len(values)-1:]
	}
	var f placement.TraitFilter
	for _, value := range values {
		if err := addTraits(&f, value, c.Version.AtLeast(1, 22), c.Version.AtLeast(1, 39)); err != nil {
			return f, err
		}
	}
	return f, nil
}

// addTraits reads one value; as placement/util.py, normalize_traits_qs_param.
func addTraits(f *placement.TraitFilter, value string, allowForbidden, allowAny bool) error {
	if names, any := strings.CutPrefix(value, "in:"); any {
		if !allowAny {
			return badQuery("The format 'in:HW_CPU_X86_VMX,CUSTOM_MAGIC' only supported since microversion 1.39. Got: %s", value)
		}
		traits := trimmed(names)
		if slices.Contains(traits, "") {
			return badQuery("Expected 'required' parameter value of the form: in:HW_CPU_X86_VMX,CUSTOM_MAGIC. Got an empty trait in: %s", value)
		}
		if slices.ContainsFunc(traits, func(t string) bool { return strings.HasPrefix(t, "!") }) {
			return badQuery("The format 'in:HW_CPU_X86_VMX,CUSTOM_MAGIC' does not support forbidden traits. Got: %s", value)
		}
		f.Required = append(f.Required, traits)
		return nil
	}
	form := "HW_CPU_X86_VMX,CUSTOM_MAGIC"
	if allowForbidden {
		form = "HW_CPU_X86_VMX,!CUSTOM_MAGIC"
	}
	for _, t := range trimmed(value) {
		name := strings.TrimLeft(t, "!")
		switch {
		case name == "":
			return badQuery("Expected 'required' parameter value of the form: %s. Got an empty trait in: %s", form, value)
		case name != t && !allowForbidden:
			return badQuery("Expected 'required' parameter value of the form: %s. Got: %s", form, value)
		case name != t:
			f.Forbidden = append(f.Forbidden, name)
		default:
			f.Required = append(f.Required, []string{name})
		}
	}
	return nil
}

func trimmed(list string) []string {
	items := strings.Split(list, ",")
	for i := range items {
		items[i] = strings.TrimSpace(items[i])
	}
	return items
}

// queryAggregates reads the values of a "member_of" parameter: repetition since 1.24, "!" since 1.32.
func queryAggregates(c *rest.Call, values []string, suffix string) (placement.AggregateFilter, error) {
	var f placement.AggregateFilter
	if len(values) > 1 && !c.Version.AtLeast(1, 24) {
		return f, placement.Invalid("Multiple member_of%s parameters are not supported", suffix)
	}
	for _, value := range values {
		rest, forbidden := strings.CutPrefix(value, "!")
		list, several := strings.CutPrefix(rest, "in:")
		ids := []string{list}
		if several {
			ids = strings.Split(list, ",")
		} else if strings.Contains(value, ",") {
			return f, placement.Invalid("Multiple values for 'member_of' must be prefixed with the 'in:' or '!in:' keyword "+
				"using the valid microversion. Got: %s", value)
		}
		for _, id := range ids {
			if !isUUID(id) {
				return f, badQuery("Expected 'member_of' parameter to contain valid UUID(s). Got: %s", id)
			}
		}
		switch {
		case forbidden && !c.Version.AtLeast(1, 32):
			return f, placement.Invalid("Forbidden member_of%s parameters are not supported in the specified microversion", suffix)
		case forbidden:
			f.Forbidden = append(f.Forbidden, ids...)
		default:
			f.Required = append(f.Required, ids)
		}
	}
	return f, nil
}

// uuidLike is what oslo.utils takes for a UUID: with or without dashes, in any case.
var uuidLike = regexp.MustCompile(`^(?i:[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$`)

func isUUID(s string) bool { return uuidLike.MatchString(s) }

// dashed writes a UUID as it is kept.
func dashed(s string) string {
	s = strings.ToLower(strings.ReplaceAll(s, "-", ""))
	if len(s) != 32 {
		return s
	}
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}
