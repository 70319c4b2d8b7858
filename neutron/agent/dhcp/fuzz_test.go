package dhcp

import (
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/miekg/dns"

	"cumulet/neutron/agent/host"
)

// FuzzDHCP holds that whatever a guest sends, it gets silence or an answer that can be read, with its own address or none.
func FuzzDHCP(f *testing.F) {
	hw, err := net.ParseMAC("fa:16:3e:00:00:03")
	if err != nil {
		f.Fatal(err)
	}
	for _, with := range []dhcpv4.Modifier{
		dhcpv4.WithMessageType(dhcpv4.MessageTypeDiscover), dhcpv4.WithMessageType(dhcpv4.MessageTypeRequest), dhcpv4.WithMessageType(dhcpv4.MessageTypeInform),
		dhcpv4.WithMessageType(dhcpv4.MessageTypeRelease), dhcpv4.WithOption(dhcpv4.OptRequestedIPAddress(net.IPv4(10, 0, 0, 9))), dhcpv4.WithClientIP(net.IPv4(10, 0, 0, 3)),
		dhcpv4.WithOption(dhcpv4.OptServerIdentifier(net.IPv4(10, 0, 0, 2))), dhcpv4.WithOption(dhcpv4.OptGeneric(dhcpv4.OptionRelayAgentInformation, []byte{1, 2})),
		dhcpv4.WithOption(dhcpv4.OptGeneric(dhcpv4.OptionRequestedIPAddress, []byte{1})), dhcpv4.WithOption(dhcpv4.OptGeneric(dhcpv4.OptionDHCPMessageType, nil)),
	} {
		packet, err := dhcpv4.NewDiscovery(hw, with)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packet.ToBytes())
	}
	f.Add([]byte{1, 1, 255})
	v := sample()
	f.Fuzz(func(t *testing.T, raw []byte) {
		request, err := dhcpv4.FromBytes(raw)
		if err != nil || request.OpCode != dhcpv4.OpcodeBootRequest {
			return
		}
		answer, err := v.answer(request, time.Hour)
		if err != nil || answer == nil {
			return
		}
		if mac := request.ClientHWAddr.String(); mac != hw.String() && mac != "fa:16:3e:00:00:02" {
			t.Errorf("the stranger %s is answered", mac)
		}
		if given, _ := netip.AddrFromSlice(answer.YourIPAddr.To4()); given.IsValid() && !given.IsUnspecified() && given != netip.MustParseAddr("10.0.0.3") {
			t.Errorf("%s is given", given)
		}
		if _, err := dhcpv4.FromBytes(answer.ToBytes()); err != nil {
			t.Errorf("the answer cannot be read: %v", err)
		}
		from, _ := netip.AddrFromSlice(answer.ServerIdentifier().To4())
		frame := host.Datagram{SourceMAC: hw, DestinationMAC: request.ClientHWAddr, Source: netip.AddrPortFrom(from, 67),
			Destination: netip.AddrPortFrom(netip.AddrFrom4([4]byte{255, 255, 255, 255}), 68), Payload: answer.ToBytes()}.Frame()
		if len(frame) > 1514 {
			t.Errorf("a frame of %d bytes", len(frame))
		}
	})
}

// FuzzDNS holds that whatever a guest asks is answered with what can be sent, is handed on, or is refused.
func FuzzDNS(f *testing.F) {
	for _, q := range []dns.Question{
		{Name: "web.cloud.test.", Qtype: dns.TypeA, Qclass: dns.ClassINET}, {Name: "WEB.", Qtype: dns.TypeAAAA, Qclass: dns.ClassINET}, {Name: "3.0.0.10.in-addr.arpa.", Qtype: dns.TypePTR, Qclass: dns.ClassINET},
		{Name: "x.ip6.arpa.", Qtype: dns.TypePTR}, {Name: ".", Qtype: dns.TypeANY},
	} {
		m := &dns.Msg{Question: []dns.Question{q}}
		m.SetEdns0(4096, false)
		b, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	v := sample()
	f.Fuzz(func(t *testing.T, raw []byte) {
		question := new(dns.Msg)
		if question.Unpack(raw) != nil {
			return
		}
		answer := v.resolve(question)
		if answer == nil {
			answer = (&resolver{}).forward(question)
		}
		if answer.Id != question.Id || !answer.Response {
			t.Errorf("%v is answered by %v", question, answer)
		}
		for _, rr := range answer.Answer {
			if a, ok := rr.(*dns.A); ok && !slices.ContainsFunc([]string{"10.0.0.2", "10.0.0.3", "10.0.0.4"}, func(own string) bool { return a.A.String() == own }) {
				t.Errorf("%v is answered by %v", question, answer)
			}
		}
		if _, err := answer.Pack(); err != nil && len(question.Question) == 1 {
			t.Errorf("the answer %v cannot be sent: %v", answer, err)
		}
	})
}
