package dhcp

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/miekg/dns"

	"cumulet/neutron"
)

func sample() *view {
	fixed := func(a string) []neutron.FixedIP {
		return []neutron.FixedIP{{SubnetID: "s", Address: netip.MustParseAddr(a)}}
	}
	return newView(neutron.ServedNetwork{
		ID: "n", MTU: 1450,
		Subnets: []neutron.ServedSubnet{{ID: "s", CIDR: netip.MustParsePrefix("10.0.0.0/24"), Gateway: netip.MustParseAddr("10.0.0.1"), DHCP: true, HasRouter: true,
			HostRoutes: []neutron.Route{{Destination: netip.MustParsePrefix("10.5.0.0/16"), NextHop: netip.MustParseAddr("10.0.0.7")}}}},
		Server: neutron.ServedPort{ID: "d", MAC: "fa:16:3e:00:00:02", FixedIPs: fixed("10.0.0.2")},
		Ports: []neutron.ServedPort{
			{ID: "p", MAC: "FA:16:3E:00:00:03", FixedIPs: fixed("10.0.0.3"), Hostname: "Web", AdminUp: true, Options: []neutron.DHCPOption{
				{Name: "bootfile-name", Value: "pxe"}, {Name: "server-ip-address", Value: "10.0.0.9"}, {Name: "42", Value: "10.0.0.8,10.0.0.9"},
				{Name: "53", Value: "6"}, {Name: "mtu", Value: "no number"}}},
			{ID: "q", MAC: "fa:16:3e:00:00:04", FixedIPs: fixed("10.0.0.4")},
		},
	}, "Cloud.Test.")
}

func ask(t *testing.T, mac string, with ...dhcpv4.Modifier) *dhcpv4.DHCPv4 {
	t.Helper()
	hw, err := net.ParseMAC(mac)
	if err != nil {
		t.Fatal(err)
	}
	request, err := dhcpv4.NewDiscovery(hw, with...)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := sample().answer(request, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestOnlyKnownMACsAreAnswered(t *testing.T) {
	t.Parallel()
	if ask(t, "fa:16:3e:00:00:99") != nil {
		t.Error("a stranger is answered")
	}
	if ask(t, "fa:16:3e:00:00:04") != nil {
		t.Error("a port that is administratively down is answered")
	}
	other := dhcpv4.WithOption(dhcpv4.OptServerIdentifier(net.IPv4(10, 0, 0, 99)))
	if ask(t, "fa:16:3e:00:00:03", other) != nil {
		t.Error("what was said to another server is answered")
	}
}

func TestOfferHoldsWhatTheSubnetAndThePortSay(t *testing.T) {
	t.Parallel()
	offer := ask(t, "fa:16:3e:00:00:03")
	if offer.MessageType() != dhcpv4.MessageTypeOffer || !offer.YourIPAddr.Equal(net.IPv4(10, 0, 0, 3)) {
		t.Fatalf("offer %s", offer.Summary())
	}
	if offer.HostName() != "web" || offer.DomainName() != "cloud.test" {
		t.Errorf("names %q %q", offer.HostName(), offer.DomainName())
	}
	if routes := offer.ClasslessStaticRoute(); len(routes) != 2 || routes[0].Dest.String() != "10.5.0.0/16" || routes[1].Dest.String() != "0.0.0.0/0" {
		t.Errorf("routes %v", routes)
	}
	if offer.BootFileNameOption() != "pxe" || !offer.ServerIPAddr.Equal(net.IPv4(10, 0, 0, 9)) {
		t.Errorf("boot from %q on %s", offer.BootFileNameOption(), offer.ServerIPAddr)
	}
	if servers := offer.NTPServers(); len(servers) != 2 {
		t.Errorf("NTP servers %v", servers)
	}
	if mtu := offer.Options.Get(dhcpv4.OptionInterfaceMTU); len(mtu) != 2 || int(mtu[0])<<8|int(mtu[1]) != 1450 {
		t.Errorf("MTU %v", mtu)
	}
}

func TestWrongAddressIsRefused(t *testing.T) {
	t.Parallel()
	answer := ask(t, "fa:16:3e:00:00:03", dhcpv4.WithMessageType(dhcpv4.MessageTypeRequest),
		dhcpv4.WithOption(dhcpv4.OptRequestedIPAddress(net.IPv4(10, 0, 0, 77))))
	if answer.MessageType() != dhcpv4.MessageTypeNak {
		t.Errorf("answered %s", answer.MessageType())
	}
}

func TestNamesAreFoundWhateverTheirCase(t *testing.T) {
	t.Parallel()
	v := sample()
	for _, name := range []string{"WEB.cloud.test.", "host-10-0-0-3.cloud.test.", "web."} {
		question := new(dns.Msg)
		question.SetQuestion(name, dns.TypeA)
		answer := v.resolve(question)
		if answer == nil || len(answer.Answer) != 1 {
			t.Errorf("%s is answered %v", name, answer)
		}
	}
	question := new(dns.Msg)
	question.SetQuestion("elsewhere.example.", dns.TypeA)
	if v.resolve(question) != nil {
		t.Error("a foreign name is answered")
	}
}
