package host

import (
	"encoding/binary"
	"net"
	"net/netip"

	"github.com/mdlayher/packet"

	"cumulet/neutron/agent/netns"
)

// Datagram is an UDP datagram over IPv4 that is put onto the wire as a frame.
type Datagram struct {
	SourceMAC, DestinationMAC net.HardwareAddr
	Source, Destination       netip.AddrPort
	Payload                   []byte
}

// Sizes and numbers of protocols (RFC 894, 791, 768, 826).
const (
	etherIPv4, etherARP          = 0x0800, 0x0806
	etherSize, ip4Size, udpSize  = 14, 20, 8
	protocolUDP, timeToLive, df4 = 17, 64, 0x4000
)

// Frame encodes it, with both checksums.
func (d Datagram) Frame() []byte {
	f := ethernet(d.DestinationMAC, d.SourceMAC, etherIPv4, ip4Size+udpSize+len(d.Payload))
	ip, udp := f[etherSize:], f[etherSize+ip4Size:]
	from, to := d.Source.Addr().As4(), d.Destination.Addr().As4()
	ip[0], ip[8], ip[9] = 0x45, timeToLive, protocolUDP
	binary.BigEndian.PutUint16(ip[2:], uint16(len(ip)))
	binary.BigEndian.PutUint16(ip[6:], df4)
	copy(ip[12:], from[:])
	copy(ip[16:], to[:])
	binary.BigEndian.PutUint16(ip[10:], ^sum(0, ip[:ip4Size]))
	binary.BigEndian.PutUint16(udp, d.Source.Port())
	binary.BigEndian.PutUint16(udp[2:], d.Destination.Port())
	binary.BigEndian.PutUint16(udp[4:], uint16(len(udp)))
	copy(udp[udpSize:], d.Payload)
	pseudo := sum(uint32(protocolUDP+len(udp)), ip[12:ip4Size])
	check := ^sum(uint32(pseudo), udp)
	if check == 0 {
		check = 0xffff
	}
	binary.BigEndian.PutUint16(udp[6:], check)
	return f
}

func ethernet(to, from net.HardwareAddr, kind uint16, size int) []byte {
	f := make([]byte, etherSize+size)
	copy(f, to)
	copy(f[6:], from)
	binary.BigEndian.PutUint16(f[12:], kind)
	return f
}

// sum is the ones' complement sum of b (RFC 1071), begun with start.
func sum(start uint32, b []byte) uint16 {
	for ; len(b) > 1; b = b[2:] {
		start += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		start += uint32(b[0]) << 8
	}
	for start > 0xffff {
		start = start>>16 + start&0xffff
	}
	return uint16(start)
}

// Announce tells a device's network that it has these IPv4 addresses (gratuitous ARP, RFC 5227), so that nobody keeps another
// MAC for them.
func Announce(namespace, device string, addresses []netip.Addr) error {
	return netns.Do(namespace, func() error {
		link, err := net.InterfaceByName(device)
		if err != nil {
			return err
		}
		wire, err := packet.Listen(link, packet.Raw, 0, nil)
		if err != nil {
			return err
		}
		defer wire.Close()
		everyone := net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
		for _, a := range addresses {
			if !a.Is4() {
				continue
			}
			if _, err := wire.WriteTo(announcement(link.HardwareAddr, a), &packet.Addr{HardwareAddr: everyone}); err != nil {
				return err
			}
		}
		return nil
	})
}

func announcement(mac net.HardwareAddr, a netip.Addr) []byte {
	f := ethernet(net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, mac, etherARP, 28)
	address := a.As4()
	arp := f[etherSize:]
	copy(arp, []byte{0, 1, 8, 0, 6, 4, 0, 1}) // Ethernet, IPv4, request
	copy(arp[8:], mac)
	copy(arp[14:], address[:])
	copy(arp[24:], address[:])
	return f
}
