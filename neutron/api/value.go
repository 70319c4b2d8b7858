package api

import (
	"encoding/json"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"cumulet/neutron"
)

// The kinds of values, worded as neutron_lib/api/validators and converters.

func text(most int) kind {
	return kind{check: func(v any) (any, error) {
		s, ok := v.(string)
		if !ok {
			return nil, reason("'" + python(v) + "' is not a valid string")
		}
		if utf8.RuneCountInString(s) > most {
			return nil, reason("'" + s + "' exceeds maximum length of " + strconv.Itoa(most))
		}
		return s, nil
	}}
}

// orNull takes null as the zero value.
func orNull(k kind, zero any) kind {
	return kind{filter: k.filter, check: func(v any) (any, error) {
		if v == nil {
			return zero, nil
		}
		return k.check(v)
	}}
}

var boolean = kind{
	check: toBool,
	filter: func(s string) (any, error) {
		return toBool(s)
	},
}

// toBool takes what oslo_utils.strutils.bool_from_string does, strictly.
func toBool(v any) (any, error) {
	switch strings.ToLower(python(v)) {
	case "1", "t", "true", "on", "y", "yes":
		return true, nil
	case "0", "f", "false", "off", "n", "no":
		return false, nil
	}
	return nil, neutron.Invalid("'%s' cannot be converted to boolean", python(v))
}

var integer = kind{check: toInt, filter: func(s string) (any, error) { return toInt(s) }}

func toInt(v any) (any, error) {
	if b, ok := v.(bool); ok {
		if b {
			return 1, nil
		}
		return 0, nil
	}
	n, err := strconv.ParseInt(strings.TrimSpace(python(v)), 10, 32)
	if f, isNumber := v.(json.Number); err != nil && isNumber {
		if x, ferr := f.Float64(); ferr == nil && x > -1<<31 && x < 1<<31 {
			return int(x), nil
		}
	}
	if err != nil {
		return nil, neutron.Invalid("'%s' is not an integer", python(v))
	}
	return int(n), nil
}

var nonNegative = kind{filter: integer.filter, check: func(v any) (any, error) {
	n, err := toInt(v)
	if err == nil && n.(int) < 0 {
		return nil, reason("'" + python(v) + "' should be non-negative")
	}
	return n, err
}}

func oneOf(values ...string) kind {
	return kind{check: func(v any) (any, error) {
		if s, ok := v.(string); ok && slices.Contains(values, s) {
			return s, nil
		}
		quoted := make([]string, len(values))
		for i := range values {
			quoted[i] = "'" + values[i] + "'"
		}
		return nil, reason(python(v) + " is not in [" + strings.Join(quoted, ", ") + "]")
	}}
}

var uuidPattern = regexp.MustCompile(`^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$`)

func isUUID(s string) bool { return uuidPattern.MatchString(strings.ToLower(s)) }

var uuid = kind{check: func(v any) (any, error) {
	if s, ok := v.(string); ok && isUUID(s) {
		return s, nil
	}
	return nil, reason("'" + python(v) + "' is not a valid UUID")
}}

var uuids = kind{check: func(v any) (any, error) {
	if v == nil {
		return []string{}, nil
	}
	list, ok := v.([]any)
	if !ok {
		return nil, reason("'" + python(v) + "' is not a list")
	}
	out, seen := []string{}, map[string]bool{}
	for _, e := range list {
		s, err := uuid.check(e)
		if err != nil {
			return nil, err
		}
		if seen[s.(string)] {
			return nil, reason("Duplicate items in the list: '" + s.(string) + "'")
		}
		out, seen[s.(string)] = append(out, s.(string)), true
	}
	return out, nil
}}

var texts = kind{check: func(v any) (any, error) {
	list, ok := v.([]any)
	if !ok {
		return nil, reason("'" + python(v) + "' is not a list")
	}
	out := make([]string, len(list))
	for i, e := range list {
		s, err := text(255).check(e)
		if err != nil {
			return nil, err
		}
		out[i] = s.(string)
	}
	return out, nil
}}

var address = kind{check: toAddress}

func toAddress(v any) (any, error) {
	s, _ := v.(string)
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return nil, reason("'" + python(v) + "' is not a valid IP address")
	}
	return a.Unmap(), nil
}

var prefix = kind{check: func(v any) (any, error) {
	s, _ := v.(string)
	p, err := netip.ParsePrefix(s)
	if err != nil {
		if a, addrErr := netip.ParseAddr(s); addrErr == nil {
			return nil, reason("'" + s + "' isn't a recognized IP subnet cidr, '" + netip.PrefixFrom(a, a.BitLen()).String() + "' is recommended")
		}
		// As neutron_lib/api/converters.py, convert_cidr_to_canonical_format, which comes first.
		return nil, neutron.Invalid("%s is not in a CIDR format", python(v))
	}
	return p.Masked(), nil
}}

var mac = kind{
	check:  toMAC,
	filter: func(s string) (any, error) { return strings.ToLower(s), nil },
}

func toMAC(v any) (any, error) {
	s, _ := v.(string)
	hw, err := net.ParseMAC(s)
	if err != nil || len(hw) != 6 || hw.String() == "00:00:00:00:00:00" || hw.String() == "ff:ff:ff:ff:ff:ff" {
		return nil, reason("'" + python(v) + "' is not a valid MAC address")
	}
	return hw.String(), nil
}

// objects reads a list of objects whose members are among names.
func objects(what string, v any, names ...string) ([]map[string]any, error) {
	list, ok := v.([]any)
	if !ok {
		return nil, reason("Invalid data format for " + what + ": '" + python(v) + "'")
	}
	out := make([]map[string]any, len(list))
	for i, e := range list {
		if out[i], ok = e.(map[string]any); !ok {
			return nil, reason("Invalid data format for " + what + ": '" + python(e) + "'")
		}
		for name := range out[i] {
			if !slices.Contains(names, name) {
				return nil, reason("Invalid data format for " + what + ": '" + python(e) + "'")
			}
		}
	}
	return out, nil
}

var fixedIPs = kind{check: func(v any) (any, error) {
	if v == nil {
		v = []any{}
	}
	list, err := objects("fixed IP", v, "ip_address", "subnet_id")
	if err != nil {
		return nil, err
	}
	out, seen := make([]neutron.FixedIP, len(list)), map[netip.Addr]bool{}
	for i, o := range list {
		if a, ok := o["ip_address"]; ok {
			parsed, err := toAddress(a)
			if err != nil {
				return nil, err
			}
			out[i].Address = parsed.(netip.Addr)
			if seen[out[i].Address] {
				return nil, reason("Duplicate IP address '" + out[i].Address.String() + "'")
			}
			seen[out[i].Address] = true
		}
		if s, ok := o["subnet_id"]; ok {
			id, err := uuid.check(s)
			if err != nil {
				return nil, err
			}
			out[i].SubnetID = id.(string)
		}
	}
	return out, nil
}}

var addressPairs = kind{check: func(v any) (any, error) {
	if v == nil {
		v = []any{}
	}
	list, err := objects("allowed address pair", v, "ip_address", "mac_address")
	if err != nil {
		return nil, err
	}
	out := make([]neutron.AddressPair, len(list))
	for i, o := range list {
		s, ok := o["ip_address"].(string)
		if !ok {
			return nil, neutron.Invalid("AllowedAddressPair must contain ip_address")
		}
		if p, err := netip.ParsePrefix(s); err == nil {
			out[i].Address = p.String()
		} else if a, err := netip.ParseAddr(s); err == nil {
			out[i].Address = a.String()
		} else {
			return nil, reason("'" + s + "' is not a valid IP subnet")
		}
		if m, ok := o["mac_address"]; ok && m != nil {
			parsed, err := toMAC(m)
			if err != nil {
				return nil, err
			}
			out[i].MAC = parsed.(string)
		}
	}
	return out, nil
}}

var dhcpOptions = kind{check: func(v any) (any, error) {
	if v == nil {
		v = []any{}
	}
	list, err := objects("extra DHCP option", v, "opt_name", "opt_value", "ip_version")
	if err != nil {
		return nil, err
	}
	out := []neutron.DHCPOption{}
	for _, o := range list {
		name, ok := o["opt_name"].(string)
		if !ok || name == "" || len(name) > 64 {
			return nil, neutron.Invalid("No valid key specs matched for: %s", python(o))
		}
		option := neutron.DHCPOption{Name: name, IPVersion: 4}
		if version, ok := o["ip_version"]; ok {
			n, err := toInt(version)
			if err != nil || n != 4 && n != 6 {
				return nil, neutron.Invalid("No valid key specs matched for: %s", python(o))
			}
			option.IPVersion = n.(int)
		}
		if o["opt_value"] != nil {
			option.Value, ok = o["opt_value"].(string)
			if !ok || len(option.Value) > 255 || strings.ContainsAny(option.Value, "\r\n") {
				return nil, neutron.Invalid("No valid key specs matched for: %s", python(o))
			}
		}
		out = append(out, option)
	}
	return out, nil
}}

var pools = kind{check: func(v any) (any, error) {
	list, err := objects("IP pool", v, "start", "end")
	if err != nil {
		return nil, err
	}
	out := make([]neutron.Pool, len(list))
	for i, o := range list {
		for name, to := range map[string]*netip.Addr{"start": &out[i].Start, "end": &out[i].End} {
			a, err := toAddress(o[name])
			if err != nil {
				return nil, err
			}
			*to = a.(netip.Addr)
		}
	}
	return out, nil
}}

var routes = kind{check: func(v any) (any, error) {
	if v == nil {
		v = []any{}
	}
	list, err := objects("hostroute", v, "destination", "nexthop")
	if err != nil {
		return nil, err
	}
	out, seen := make([]neutron.Route, len(list)), map[neutron.Route]bool{}
	for i, o := range list {
		s, _ := o["destination"].(string)
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, reason("'" + python(o["destination"]) + "' is not a valid CIDR")
		}
		if p != p.Masked() {
			return nil, reason("'" + s + "' is not a recognized CIDR, '" + p.Masked().String() + "' is recommended")
		}
		a, err := toAddress(o["nexthop"])
		if err != nil {
			return nil, err
		}
		out[i] = neutron.Route{Destination: p, NextHop: a.(netip.Addr)}
		if seen[out[i]] {
			return nil, reason("Duplicate hostroute '" + python(o) + "'")
		}
		seen[out[i]] = true
	}
	return out, nil
}}

var nameservers = kind{check: func(v any) (any, error) {
	if v == nil {
		v = []any{}
	}
	list, ok := v.([]any)
	if !ok {
		return nil, reason("Invalid data format for nameserver: '" + python(v) + "'")
	}
	out, seen := make([]string, len(list)), map[string]bool{}
	for i, e := range list {
		a, err := toAddress(e)
		if err != nil {
			return nil, reason("'" + python(e) + "' is not a valid nameserver. " + err.Error())
		}
		out[i] = a.(netip.Addr).String()
		if seen[out[i]] {
			return nil, reason("Duplicate nameserver '" + out[i] + "'")
		}
		seen[out[i]] = true
	}
	return out, nil
}}

// object is a bounded JSON object, or null.
var object = kind{check: func(v any) (any, error) {
	if v == nil {
		return map[string]any{}, nil
	}
	o, ok := v.(map[string]any)
	if !ok {
		return nil, reason("'" + python(v) + "' is not a dictionary")
	}
	if b, err := json.Marshal(o); err != nil || len(b) > 4095 {
		return nil, reason("the object exceeds maximum length of 4095")
	}
	return o, nil
}}
