package neutron

import (
	"net/netip"
	"strings"
)

// HostName is the name that an address has where its port has none. As neutron/plugins/ml2/extensions/dns_integration.py.
func HostName(a netip.Addr) string {
	return "host-" + strings.NewReplacer(".", "-", ":", "-").Replace(a.String())
}
