package api

import (
	"regexp"
	"strings"

	"cumulet/neutron"
)

var label = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// dnsName is a DNS name or empty; a domain must end with a dot.
func dnsName(domain bool) kind {
	return kind{check: func(v any) (any, error) {
		s, ok := v.(string)
		if !ok {
			return nil, neutron.Invalid("%s must be string type", python(v))
		}
		s = strings.ToLower(s)
		if s == "" {
			return s, nil
		}
		if len(s) > 255 {
			return nil, reason("'" + s + "' exceeds the 255 character FQDN limit")
		}
		if domain && !strings.HasSuffix(s, ".") {
			return nil, reason("'" + s + "' is not a FQDN")
		}
		for _, part := range strings.Split(strings.TrimSuffix(s, "."), ".") {
			if !label.MatchString(part) {
				return nil, reason("'" + s + "' not a valid PQDN or FQDN. Reason: Name '" + part +
					"' must be 1-63 characters long, each of which can only be alphanumeric or a hyphen")
			}
		}
		return s, nil
	}}
}
