package dhcp

import (
	"net"
	"net/netip"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"

	"cumulet/neutron/agent/metadata"
)

// answer is what a request gets; nil is silence.
func (v *view) answer(request *dhcpv4.DHCPv4, keep time.Duration) (*dhcpv4.DHCPv4, error) {
	wish := wished(request)
	l, ok := v.lease(request.ClientHWAddr.String(), wish)
	if !ok {
		return nil, nil // not ours to answer: RFC 2131 leaves strangers to other servers
	}
	if other := request.ServerIdentifier(); other != nil && !other.Equal(l.server.AsSlice()) {
		return nil, nil // it chose another server
	}
	var kind dhcpv4.MessageType
	switch request.MessageType() {
	case dhcpv4.MessageTypeDiscover:
		kind = dhcpv4.MessageTypeOffer
	case dhcpv4.MessageTypeRequest:
		kind = dhcpv4.MessageTypeAck
		if wish.IsValid() && wish != l.address {
			return dhcpv4.NewReplyFromRequest(request, dhcpv4.WithMessageType(dhcpv4.MessageTypeNak),
				dhcpv4.WithOption(dhcpv4.OptServerIdentifier(l.server.AsSlice())))
		}
	case dhcpv4.MessageTypeInform:
		kind = dhcpv4.MessageTypeAck
	default:
		return nil, nil // what is released or declined stays the port's
	}
	answer, err := dhcpv4.NewReplyFromRequest(request, dhcpv4.WithMessageType(kind), dhcpv4.WithServerIP(l.server.AsSlice()))
	if err != nil {
		return nil, err
	}
	if request.MessageType() != dhcpv4.MessageTypeInform {
		answer.YourIPAddr = l.address.AsSlice()
		answer.UpdateOption(dhcpv4.OptIPAddressLeaseTime(keep))
		answer.UpdateOption(dhcpv4.OptRenewTimeValue(keep / 2))
		answer.UpdateOption(dhcpv4.OptRebindingTimeValue(keep / 8 * 7))
	}
	for _, o := range v.options(l) {
		answer.UpdateOption(o)
	}
	extraOptions(answer, l.port.Options)
	return answer, nil
}

// wished is the address a client asks for, or has.
func wished(request *dhcpv4.DHCPv4) netip.Addr {
	if a, ok := netip.AddrFromSlice(request.RequestedIPAddress().To4()); ok {
		return a
	}
	if a, ok := netip.AddrFromSlice(request.ClientIPAddr.To4()); ok && !a.IsUnspecified() {
		return a
	}
	return netip.Addr{}
}

// options are those that every guest gets, as neutron/agent/linux/dhcp.py, _generate_opts_per_subnet.
func (v *view) options(l lease) []dhcpv4.Option {
	options := []dhcpv4.Option{
		dhcpv4.OptServerIdentifier(l.server.AsSlice()),
		dhcpv4.OptSubnetMask(net.CIDRMask(l.subnet.CIDR.Bits(), 32)),
		dhcpv4.OptBroadcastAddress(broadcast(l.subnet.CIDR)),
		dhcpv4.OptHostName(v.hostname(l.address)),
	}
	if v.domain != "" {
		options = append(options, dhcpv4.OptDomainName(v.domain))
	}
	if l.subnet.Gateway.IsValid() {
		options = append(options, dhcpv4.OptRouter(l.subnet.Gateway.AsSlice()))
	}
	if servers := v.nameservers(l); len(servers) > 0 {
		options = append(options, dhcpv4.OptDNS(servers...))
	}
	if v.network.MTU > 0 {
		options = append(options, dhcpv4.OptGeneric(dhcpv4.OptionInterfaceMTU, []byte{byte(v.network.MTU >> 8), byte(v.network.MTU)}))
	}
	if routes := v.staticRoutes(l); len(routes) > 0 {
		options = append(options, dhcpv4.OptClasslessStaticRoute(routes...))
	}
	return options
}

// nameservers are the subnet's, or else ourselves; 0.0.0.0 among the subnet's means none at all.
func (v *view) nameservers(l lease) []net.IP {
	if len(l.subnet.Nameservers) == 0 {
		return []net.IP{l.server.AsSlice()}
	}
	var servers []net.IP
	for _, text := range l.subnet.Nameservers {
		a, err := netip.ParseAddr(text)
		if err != nil || !a.Is4() {
			continue
		}
		if a.IsUnspecified() {
			return nil
		}
		servers = append(servers, a.AsSlice())
	}
	return servers
}

// staticRoutes are the subnet's, and that to metadata through this server where no router leads there. With any of these a
// client does not look at the gateway (RFC 3442), so that is told again.
func (v *view) staticRoutes(l lease) []*dhcpv4.Route {
	var routes []*dhcpv4.Route
	add := func(to netip.Prefix, via netip.Addr) {
		routes = append(routes, &dhcpv4.Route{
			Dest:   &net.IPNet{IP: to.Masked().Addr().AsSlice(), Mask: net.CIDRMask(to.Bits(), 32)},
			Router: via.AsSlice(),
		})
	}
	for _, r := range l.subnet.HostRoutes {
		if r.Destination.Addr().Is4() && r.NextHop.Is4() {
			add(r.Destination, r.NextHop)
		}
	}
	if v.network.Isolated || !l.subnet.HasRouter {
		add(netip.PrefixFrom(metadata.Address, 32), l.server)
	}
	if len(routes) > 0 && l.subnet.Gateway.IsValid() {
		add(netip.PrefixFrom(netip.IPv4Unspecified(), 0), l.subnet.Gateway)
	}
	return routes
}

func broadcast(p netip.Prefix) net.IP {
	ip := net.IP(p.Masked().Addr().AsSlice())
	mask := net.CIDRMask(p.Bits(), 32)
	for i := range ip {
		ip[i] |= ^mask[i]
	}
	return ip
}
