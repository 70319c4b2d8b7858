package agent_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/insomniacslk/dhcp/dhcpv4/nclient4"
	"github.com/miekg/dns"
	"github.com/vishvananda/netlink"
	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"

	"cumulet/neutron"
	"cumulet/neutron/agent/host"
	"cumulet/neutron/agent/netns"
)

// wire is a network of the cloud, with one IPv4 subnet and the port of its DHCP.
type wire struct {
	id, subnet string
	cidr       netip.Prefix
	gateway    netip.Addr
	server     netip.Addr
}

// guest is a namespace that stands for a server, with the tap that a hypervisor would make.
type guest struct {
	c         *cloud
	namespace string
	port      neutron.WiredPort
	address   netip.Addr
	lease     *dhcpv4.DHCPv4
}

// network adds a network; its DHCP answers at .2.
func (c *cloud) network(cidr string, segment neutron.Segment) wire {
	p := netip.MustParsePrefix(cidr)
	w := wire{id: newID(), subnet: newID(), cidr: p, gateway: p.Addr().Next(), server: p.Addr().Next().Next()}
	port := neutron.ServedPort{ID: newID(), MAC: randomMAC(), AdminUp: true, DeviceOwner: neutron.OwnerDHCP,
		FixedIPs: []neutron.FixedIP{{SubnetID: w.subnet, Address: w.server}}}
	c.change(func() {
		c.wiring.Networks = append(c.wiring.Networks, neutron.WiredNetwork{ID: w.id, MTU: 1400, AdminUp: true, Segment: segment})
		c.wiring.Ports = append(c.wiring.Ports, neutron.WiredPort{ID: port.ID, NetworkID: w.id, MAC: port.MAC, AdminUp: true,
			FixedIPs: port.FixedIPs, DeviceOwner: port.DeviceOwner, Status: neutron.Build})
		c.networks = append(c.networks, neutron.ServedNetwork{ID: w.id, MTU: 1400, DNSDomain: "example.test.", Server: port, Isolated: true,
			Subnets: []neutron.ServedSubnet{{ID: w.subnet, CIDR: p, Gateway: w.gateway, DHCP: true}}})
	})
	return w
}

// guest adds a port with the groups and plugs a guest in.
func (c *cloud) guest(w wire, name, address string, groups ...string) *guest {
	c.t.Helper()
	a := netip.MustParseAddr(address)
	fixed := []neutron.FixedIP{{SubnetID: w.subnet, Address: a}}
	port := neutron.WiredPort{ID: newID(), NetworkID: w.id, MAC: randomMAC(), AdminUp: true, FixedIPs: fixed, PortSecurity: true,
		SecurityGroups: groups, DeviceOwner: "compute:nova", DeviceID: newID(), Status: neutron.Down}
	c.change(func() {
		c.wiring.Ports = append(c.wiring.Ports, port)
		c.owners[a] = neutron.OwnedAddress{PortID: port.ID, NetworkID: w.id, ProjectID: "project", DeviceID: port.DeviceID, DeviceOwner: port.DeviceOwner}
		for i := range c.networks {
			if c.networks[i].ID == w.id {
				c.networks[i].Ports = append(c.networks[i].Ports, neutron.ServedPort{ID: port.ID, MAC: port.MAC, FixedIPs: fixed,
					Hostname: name, DeviceOwner: port.DeviceOwner, AdminUp: true})
			}
		}
	})
	g := &guest{c: c, namespace: c.host.Prefix + "guest-" + port.ID[:8], port: port, address: a}
	g.plug()
	return g
}

func (g *guest) plug() {
	c := g.c
	c.t.Helper()
	must(c.t, netns.Ensure(g.namespace))
	c.t.Cleanup(func() { netns.Delete(g.namespace) })
	must(c.t, host.Veth{Namespace: c.host.Namespace, Name: neutron.InterfaceName("tap", g.port.ID),
		PeerNamespace: g.namespace, PeerName: "eth0", PeerMAC: g.port.MAC}.Ensure())
	must(c.t, host.Up(g.namespace, "lo"))
	c.eventually("port wired", func() bool { return c.active(g.port.ID) })
}

// discover gets an address by DHCP and configures it.
func (g *guest) discover() {
	g.c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var client *nclient4.Client
	must(g.c.t, netns.Do(g.namespace, func() (err error) {
		client, err = nclient4.New("eth0", nclient4.WithTimeout(500*time.Millisecond), nclient4.WithRetry(30))
		return err
	}))
	defer client.Close()
	lease, err := client.Request(ctx)
	must(g.c.t, err)
	g.lease = lease.ACK
	got, _ := netip.AddrFromSlice(g.lease.YourIPAddr.To4())
	if got != g.address {
		g.c.t.Fatalf("guest got %s, not %s", got, g.address)
	}
	g.configure()
}

// configure sets the guest's address, and its routes as DHCP gave them or by the gateway.
func (g *guest) configure() {
	g.c.t.Helper()
	must(g.c.t, host.With(g.namespace, func(h *netlink.Handle) error {
		link, err := h.LinkByName("eth0")
		if err != nil {
			return err
		}
		if err := host.EnsureAddresses(h, link, []netip.Prefix{netip.PrefixFrom(g.address, 24)}); err != nil {
			return err
		}
		if g.lease == nil {
			return nil
		}
		for _, r := range g.lease.ClasslessStaticRoute() {
			if err := h.RouteReplace(&netlink.Route{LinkIndex: link.Attrs().Index, Dst: r.Dest, Gw: r.Router}); err != nil {
				return err
			}
		}
		return nil
	}))
}

// ping asks once for an echo.
func (g *guest) ping(to netip.Addr) bool { return ping(g.namespace, netip.Addr{}, to) }

func ping(namespace string, from, to netip.Addr) bool {
	source := "0.0.0.0"
	if from.IsValid() {
		source = from.String()
	}
	answered := false
	netns.Do(namespace, func() error {
		conn, err := icmp.ListenPacket("ip4:icmp", source)
		if err != nil {
			return err
		}
		defer conn.Close()
		id := os.Getpid() & 0xffff
		m := icmp.Message{Type: ipv4.ICMPTypeEcho, Body: &icmp.Echo{ID: id, Seq: int(time.Now().UnixNano() & 0xffff), Data: []byte("cumulet")}}
		encoded, err := m.Marshal(nil)
		if err != nil {
			return err
		}
		if _, err := conn.WriteTo(encoded, &net.IPAddr{IP: to.AsSlice()}); err != nil {
			return err
		}
		conn.SetReadDeadline(time.Now().Add(400 * time.Millisecond))
		buffer := make([]byte, 1500)
		for {
			n, peer, err := conn.ReadFrom(buffer)
			if err != nil {
				return err
			}
			got, err := icmp.ParseMessage(1, buffer[:n])
			if err == nil && got.Type == ipv4.ICMPTypeEchoReply && peer.String() == to.String() {
				answered = true
				return nil
			}
		}
	})
	return answered
}

// listen answers every TCP connection with an echo of what it says, until the test ends.
func (g *guest) listen(port int) {
	g.c.t.Helper()
	l, err := netns.Listen(context.Background(), g.namespace, "tcp4", fmt.Sprintf(":%d", port), net.ListenConfig{})
	must(g.c.t, err)
	done := make(chan struct{})
	g.c.t.Cleanup(func() { l.Close(); <-done })
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			g.c.t.Cleanup(func() { conn.Close() })
			go io.Copy(conn, conn)
		}
	}()
}

// dial opens a TCP connection out of a namespace.
func dial(namespace string, to netip.Addr, port int) (conn net.Conn, err error) {
	err = netns.Do(namespace, func() error {
		conn, err = net.DialTimeout("tcp4", fmt.Sprintf("%s:%d", to, port), 400*time.Millisecond)
		return err
	})
	return conn, err
}

// reaches tells whether a TCP connection comes about.
func (g *guest) reaches(to netip.Addr, port int) bool {
	conn, err := dial(g.namespace, to, port)
	if err == nil {
		conn.Close()
	}
	return err == nil
}

// echoes tells whether the other end still answers on a connection.
func echoes(conn net.Conn) bool {
	conn.SetDeadline(time.Now().Add(400 * time.Millisecond))
	if _, err := conn.Write([]byte("x")); err != nil {
		return false
	}
	_, err := io.ReadFull(conn, make([]byte, 1))
	return err == nil
}

// resolve asks the network's DNS.
func (g *guest) resolve(server netip.Addr, name string, kind uint16) *dns.Msg {
	g.c.t.Helper()
	question := new(dns.Msg)
	question.SetQuestion(name, kind)
	var answer *dns.Msg
	must(g.c.t, netns.Do(g.namespace, func() error {
		conn, err := net.DialTimeout("udp4", server.String()+":53", time.Second)
		if err != nil {
			return err
		}
		defer conn.Close()
		answer, _, err = (&dns.Client{Timeout: 5 * time.Second}).ExchangeWithConn(question, &dns.Conn{Conn: conn})
		return err
	}))
	return answer
}

// get asks for metadata as a guest does, with headers that it has no right to.
func (g *guest) get(path string) (int, string) {
	g.c.t.Helper()
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true,
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			return dial(g.namespace, netip.MustParseAddr("169.254.169.254"), 80)
		}}}
	request, err := http.NewRequest("GET", "http://169.254.169.254"+path, nil)
	must(g.c.t, err)
	request.Header.Set("X-Instance-ID", "another's")
	request.Header.Set("X-Forwarded-For", "10.9.9.9")
	answer, err := client.Do(request)
	must(g.c.t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	must(g.c.t, err)
	return answer.StatusCode, string(body)
}

func randomMAC() string {
	id := newID()
	return "fa:16:3e:" + id[0:2] + ":" + id[2:4] + ":" + id[4:6]
}

// accept listens on a free port.
func (g *guest) accept(at netip.Addr) net.Listener {
	g.c.t.Helper()
	l, err := netns.Listen(context.Background(), g.namespace, "tcp4", at.String()+":0", net.ListenConfig{})
	must(g.c.t, err)
	g.c.t.Cleanup(func() { l.Close() })
	return l
}

// defaultRoute sets the guest's way out.
func (g *guest) defaultRoute(via netip.Addr) {
	g.c.t.Helper()
	must(g.c.t, host.With(g.namespace, func(h *netlink.Handle) error {
		return host.EnsureRoutes(h, []host.Route{{Destination: netip.PrefixFrom(netip.IPv4Unspecified(), 0), NextHop: via}})
	}))
}
