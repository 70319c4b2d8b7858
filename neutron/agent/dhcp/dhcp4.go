package dhcp

import (
	"errors"
	"net"
	"net/netip"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/mdlayher/packet"

	"cumulet/neutron/agent/host"
)

// maxMessage is more than any client sends.
const maxMessage = 1 << 12

// serveDHCP answers until the socket is closed.
func (s *server) serveDHCP() {
	buffer := make([]byte, maxMessage)
	for {
		n, _, err := s.requests.ReadFromUDP(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			s.log.Warn("DHCP request cannot be read", "error", err)
			continue
		}
		request, err := dhcpv4.FromBytes(buffer[:n])
		if err != nil || request.OpCode != dhcpv4.OpcodeBootRequest || !request.GatewayIPAddr.IsUnspecified() {
			continue // nonsense, or by a relay, of which there are none
		}
		answer, err := s.view.Load().answer(request, s.lease)
		if err != nil {
			s.log.Warn("DHCP request cannot be answered", "mac", request.ClientHWAddr, "error", err)
			continue
		}
		if answer == nil {
			continue
		}
		s.log.Debug("DHCP", "mac", request.ClientHWAddr, "asked", request.MessageType(), "answered", answer.MessageType(), "address", answer.YourIPAddr)
		if err := s.send(request, answer); err != nil {
			s.log.Warn("DHCP answer cannot be sent", "mac", request.ClientHWAddr, "error", err)
		}
	}
}

// send puts the answer onto the wire as a frame: the guest has no address that could be asked for by ARP (RFC 2131, 4.1).
func (s *server) send(request, answer *dhcpv4.DHCPv4) error {
	from, _ := netip.AddrFromSlice(answer.ServerIdentifier().To4())
	d := host.Datagram{
		SourceMAC: s.device.HardwareAddr, DestinationMAC: request.ClientHWAddr,
		Source: netip.AddrPortFrom(from, 67), Destination: netip.AddrPortFrom(netip.AddrFrom4([4]byte{255, 255, 255, 255}), 68),
		Payload: answer.ToBytes(),
	}
	switch ciaddr, _ := netip.AddrFromSlice(request.ClientIPAddr.To4()); {
	case answer.MessageType() == dhcpv4.MessageTypeNak || request.IsBroadcast():
		d.DestinationMAC = net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	case ciaddr.IsValid() && !ciaddr.IsUnspecified():
		d.Destination = netip.AddrPortFrom(ciaddr, 68)
	}
	_, err := s.wire.WriteTo(d.Frame(), &packet.Addr{HardwareAddr: d.DestinationMAC})
	return err
}
