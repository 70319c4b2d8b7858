package outbound

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"cumulet/oslo/fault"
)

// Filter says which URLs may be asked. Of the two lists of a kind, Disallowed counts only where Allowed is empty; two empty
// lists let everything pass. As glance/common/utils.py, validate_import_uri.
type Filter struct {
	AllowedSchemes, DisallowedSchemes []string
	AllowedHosts, DisallowedHosts     []string
	// Ports are those that stand in the URL; one that names none is not held to them.
	AllowedPorts, DisallowedPorts []int
}

// DefaultFilter is upstream's: http and https, on their own ports.
func DefaultFilter() Filter {
	return Filter{AllowedSchemes: []string{"http", "https"}, AllowedPorts: []int{80, 443}}
}

// Refused is a URL, or an address behind one, that is not asked. The text says nothing of what a name resolves to.
func Refused(what string) *fault.Fault {
	return fault.New(fault.Forbidden, "AddressRefused", "This cloud does not connect to %s.", what)
}

// Check refuses a URL that the lists do not let pass.
func (f Filter) Check(u *url.URL) error {
	if u.Scheme == "" || !passes(strings.ToLower(u.Scheme), lower(f.AllowedSchemes), lower(f.DisallowedSchemes)) {
		return Refused("URLs of the scheme " + strconv.Quote(u.Scheme))
	}
	host := normal(u.Hostname())
	if host == "" || !passes(host, normalAll(f.AllowedHosts), normalAll(f.DisallowedHosts)) {
		return Refused("the host " + strconv.Quote(u.Hostname()))
	}
	if u.Port() == "" {
		return nil
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil || !passes(port, f.AllowedPorts, f.DisallowedPorts) {
		return Refused("the port " + strconv.Quote(u.Port()))
	}
	return nil
}

func passes[T comparable](one T, allowed, disallowed []T) bool {
	if len(allowed) > 0 {
		return slices.Contains(allowed, one)
	}
	return !slices.Contains(disallowed, one)
}

func lower(words []string) []string {
	all := make([]string, len(words))
	for n, word := range words {
		all[n] = strings.ToLower(word)
	}
	return all
}

func normalAll(hosts []string) []string {
	all := make([]string, len(hosts))
	for n, host := range hosts {
		all[n] = normal(host)
	}
	return all
}

// normal is the one spelling of a host, or "" of an address in a spelling that only some resolvers understand
// (2130706433, 0x7f.1, 127.1): it would pass by a list that has 127.0.0.1.
func normal(host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if address, err := netip.ParseAddr(host); err == nil {
		if address.Zone() != "" {
			return ""
		}
		return address.Unmap().String()
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	if last == "" || strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") {
		return ""
	}
	return host
}
