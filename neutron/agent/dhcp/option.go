package dhcp

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/insomniacslk/dhcp/dhcpv4"

	"cumulet/neutron"
)

// optionKind is how an option's value is written.
type optionKind int

const (
	textOption optionKind = iota
	addressOption
	shortOption // 16 bits
	longOption  // 32 bits
	nextServer  // no option: the siaddr field
)

// optionNames are those of dnsmasq (`dnsmasq --help dhcp`) that clouds use; others are given by number.
var optionNames = map[string]struct {
	code uint8
	kind optionKind
}{
	"netmask": {1, addressOption}, "router": {3, addressOption}, "dns-server": {6, addressOption}, "log-server": {7, addressOption},
	"hostname": {12, textOption}, "boot-file-size": {13, shortOption}, "domain-name": {15, textOption}, "root-path": {17, textOption},
	"mtu": {26, shortOption}, "broadcast": {28, addressOption}, "ntp-server": {42, addressOption},
	"netbios-ns": {44, addressOption}, "lease-time": {51, longOption}, "tftp-server": {66, textOption}, "bootfile-name": {67, textOption},
	"tftp-server-address": {150, addressOption}, "path-prefix": {210, textOption}, "server-ip-address": {0, nextServer},
}

// reservedCodes are what no port may change: padding, message type, server, requested address.
var reservedCodes = map[uint8]bool{0: true, 50: true, 52: true, 53: true, 54: true, 55: true, 82: true, 255: true}

// extraOptions adds the port's own options; what cannot be read is left out.
func extraOptions(answer *dhcpv4.DHCPv4, options []neutron.DHCPOption) {
	for _, o := range options {
		if o.IPVersion == 6 {
			continue
		}
		name := strings.TrimPrefix(o.Name, "option:")
		named, ok := optionNames[name]
		if !ok {
			code, err := strconv.ParseUint(name, 10, 8)
			if err != nil {
				continue
			}
			named.code, named.kind = uint8(code), textOption
			if optionAddresses(o.Value) != nil {
				named.kind = addressOption
			}
		}
		switch {
		case named.kind == nextServer:
			if a, err := netip.ParseAddr(o.Value); err == nil && a.Is4() {
				answer.ServerIPAddr = net.IP(a.AsSlice())
			}
		case reservedCodes[named.code]:
		default:
			if value := named.kind.encode(o.Value); len(value) > 0 {
				answer.UpdateOption(dhcpv4.OptGeneric(dhcpv4.GenericOptionCode(named.code), value))
			}
		}
	}
}

func (k optionKind) encode(value string) []byte {
	switch k {
	case addressOption:
		return optionAddresses(value)
	case shortOption:
		n, err := strconv.ParseUint(value, 10, 16)
		if err != nil {
			return nil
		}
		return []byte{byte(n >> 8), byte(n)}
	case longOption:
		n, err := strconv.ParseUint(value, 10, 32)
		if err != nil {
			return nil
		}
		return []byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
	}
	return []byte(value)
}

// optionAddresses encodes addresses with commas between; nil when there is anything else.
func optionAddresses(value string) []byte {
	var encoded []byte
	for _, text := range strings.Split(value, ",") {
		a, err := netip.ParseAddr(strings.TrimSpace(text))
		if err != nil || !a.Is4() {
			return nil
		}
		encoded = append(encoded, a.AsSlice()...)
	}
	return encoded
}
