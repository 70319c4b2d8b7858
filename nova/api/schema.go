package api

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"cumulet/oslo/rest"
)

// Shapes that several schemas share; as nova/api/validation/parameter_types.py. RE2 knows no look-around, so the patterns
// for names spell out their ends.
const (
	namePattern    = `^([^\pC\pZ]|[^\pC\pZ][^\pC\p{Zl}\p{Zp}]*[^\pC\pZ])$`
	zonePattern    = `^([^\pC\pZ:]|[^\pC\pZ:][^\pC\p{Zl}\p{Zp}:]*[^\pC\pZ:])$`
	keypairPattern = `^[A-Za-z0-9_-]([A-Za-z0-9_ -]*[A-Za-z0-9_-])?$`
	keyName292     = `^[@.A-Za-z0-9_-]([@.A-Za-z0-9_ -]*[@.A-Za-z0-9_-])?$`
	metadataKey    = `^[a-zA-Z0-9\\-_:. ]{1,255}$`
	uuidPattern    = `^[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}$`

	boolean = `{"enum": [true, "True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes",
		false, "False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no"]}`
	positive    = `{"type": ["integer", "string"], "pattern": "^[0-9]{1,10}$", "minimum": 1, "minLength": 1, "maximum": 2147483647}`
	nonNegative = `{"type": ["integer", "string"], "pattern": "^[0-9]{1,10}$", "minimum": 0, "minLength": 1, "maximum": 2147483647}`
	description = `{"type": ["string", "null"], "maxLength": 255, "pattern": "^[^\\pC\\p{Zl}\\p{Zp}]*$"}`
	metadata    = `{"type": "object", "additionalProperties": false, "patternProperties": {"` + metadataKey +
		`": {"type": "string", "maxLength": 255}}}`
	tag        = `{"type": "string", "minLength": 1, "maxLength": 60, "pattern": "^[^,/]*$"}`
	uuid       = `{"type": "string", "pattern": "` + uuidPattern + `"}`
	address    = `{"type": "string", "format": "ip"}`
	fqdn       = `{"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[a-zA-Z0-9._-]*$"}`
	anyString  = `{"type": "string"}`
	oneString  = `{"type": "array", "items": {"type": "string", "maxLength": 4096}}`
	oneLimit   = `{"type": "array", "items": {"type": "string", "pattern": "^[0-9]*$", "minLength": 1, "maxLength": 10}}`
	diskConfig = `{"type": "string", "enum": ["AUTO", "MANUAL"]}`
)

// nameReasons tell what a name must be, by the pattern it broke.
func nameReasons() map[string]string {
	return map[string]string{
		namePattern:    "printable characters. Can not start or end with whitespace.",
		zonePattern:    "printable characters except :.Can not start or end with whitespace.",
		keypairPattern: "Only expected characters: [_- 0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ]",
		keyName292:     "Only expected characters: [@._- 0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ]",
	}
}

// named is the schema of a name by its pattern.
func named(pattern string) string {
	quoted, _ := json.Marshal(pattern)
	return `{"type": "string", "minLength": 1, "maxLength": 255, "pattern": ` + string(quoted) + `}`
}

// object is a closed object of these members ("name": schema, …), some of which must be there.
func object(properties, required string) string {
	s := `{"type": "object", "additionalProperties": false, "properties": {` + properties + `}`
	if required != "" {
		s += `, "required": ["` + strings.ReplaceAll(required, " ", `", "`) + `"]`
	}
	return s + "}"
}

// wrapped is an object under its one name: {"server": {…}}.
func wrapped(name, inner string) string { return object(`"`+name+`": `+inner, name) }

// queries are the parameters a list takes. Others are ignored before 2.75 and refused since.
func queries(names ...string) rest.Schemas {
	return rest.Body(querySchema(true, names...)).From(rest.V(2, 75), querySchema(false, names...))
}

func querySchema(open bool, names ...string) *rest.Schema {
	members := make([]string, len(names))
	for i, n := range names {
		members[i] = `"` + n + `": ` + oneString
		if n == "limit" || n == "offset" {
			members[i] = `"` + n + `": ` + oneLimit
		}
	}
	return rest.MustSchema(`{"type": "object", "additionalProperties": ` + strconv.FormatBool(open) +
		`, "properties": {` + strings.Join(members, ", ") + `}}`)
}

// number takes an integer that may stand as a string.
type number int

// UnmarshalJSON reads either form.
func (n *number) UnmarshalJSON(raw []byte) error {
	i, err := strconv.Atoi(strings.Trim(string(raw), `"`))
	*n = number(i)
	return err
}

// truth takes a boolean that may stand as a string.
type truth bool

// UnmarshalJSON reads any of the forms the schema lets pass.
func (t *truth) UnmarshalJSON(raw []byte) error {
	*t = truth(isTrue(strings.Trim(string(raw), `"`)))
	return nil
}

// isTrue reads a boolean as oslo.utils' bool_from_string.
func isTrue(s string) bool {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "1", "t", "true", "on", "y", "yes":
		return true
	}
	return false
}

// isFalse tells whether s says no, which is more than not saying yes.
func isFalse(s string) bool {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "0", "f", "false", "off", "n", "no":
		return true
	}
	return false
}

// text takes a string that may stand as a number.
type text string

// UnmarshalJSON reads either form.
func (t *text) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '"' {
		return json.Unmarshal(raw, (*string)(t))
	}
	if string(raw) != "null" {
		*t = text(raw)
	}
	return nil
}

// isoTime writes a time as most of compute's answers do.
func isoTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// microTime writes a time as Python's JSON encoder does where upstream hands a datetime over; nil stays null.
func microTime(t *time.Time) any {
	if t == nil {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000")
}

// parseTime reads what oslo.utils' parse_isotime reads of dates.
func parseTime(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// timeQuery reads a parameter that is a date.
func timeQuery(c *rest.Call, name string) (*time.Time, error) {
	if !c.Query().Has(name) {
		return nil, nil
	}
	value := c.Query().Get(name)
	t, ok := parseTime(strings.ReplaceAll(value, " ", "+")) // a "+" in an offset that the caller did not escape
	if !ok {
		if t, ok = parseTime(value); !ok {
			return nil, badQuery(name, value, "'%s' is not a 'date-time'", value)
		}
	}
	return &t, nil
}

// timeWindow reads changes-since and, since its microversion, changes-before.
func timeWindow(c *rest.Call, before rest.Version) (since, until *time.Time, err error) {
	if since, err = timeQuery(c, "changes-since"); err != nil {
		return nil, nil, err
	}
	if c.Version.Compare(before) >= 0 {
		if until, err = timeQuery(c, "changes-before"); err != nil {
			return nil, nil, err
		}
	}
	if since != nil && until != nil && until.Before(*since) {
		return nil, nil, bad("The value of changes-since must be less than or equal to changes-before.")
	}
	return since, until, nil
}

// orNull is a string that is null when empty.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
