package dhcp

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4/server4"
	"github.com/mdlayher/packet"
	"github.com/miekg/dns"

	"cumulet/neutron"
	"cumulet/neutron/agent/metadata"
	"cumulet/neutron/agent/netns"
)

// server is one network's DHCP, DNS and metadata.
type server struct {
	view      atomic.Pointer[view]
	port      string
	addresses []netip.Addr
	lease     time.Duration
	resolver  *resolver
	log       *slog.Logger

	requests *net.UDPConn // DHCP comes in by it
	wire     *packet.Conn // and its answers go out by it, to guests that have no address yet
	device   *net.Interface
	names    []*dns.Server
	metadata io.Closer
	serving  sync.WaitGroup
}

// open opens all sockets of a network and serves them.
func (a *Agent) open(ctx context.Context, namespace string, v *view) (_ *server, err error) {
	s := &server{port: v.network.Server.ID, addresses: v.serverAddresses(), lease: a.lease(), resolver: &a.resolve,
		log: a.Log.With("network", v.network.ID)}
	s.view.Store(v)
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if err := netns.Do(namespace, s.openDHCP); err != nil {
		return nil, fmt.Errorf("open DHCP: %w", err)
	}
	for _, address := range s.addresses {
		if err := s.openDNS(ctx, namespace, netip.AddrPortFrom(address, 53).String()); err != nil {
			return nil, fmt.Errorf("open DNS: %w", err)
		}
	}
	if a.Metadata != nil {
		if s.metadata, err = a.Metadata.Open(metadata.Place{Namespace: namespace, NetworkID: v.network.ID}); err != nil {
			return nil, err
		}
	}
	s.serving.Go(s.serveDHCP)
	for _, d := range s.names {
		s.serving.Go(func() {
			if err := d.ActivateAndServe(); err != nil {
				s.log.Debug("DNS ended", "error", err)
			}
		})
	}
	return s, nil
}

func (s *server) openDHCP() (err error) {
	name := neutron.InterfaceName(devicePrefix, s.port)
	if s.device, err = net.InterfaceByName(name); err != nil {
		return err
	}
	if s.requests, err = server4.NewIPv4UDPConn(name, &net.UDPAddr{IP: net.IPv4zero, Port: 67}); err != nil {
		return err
	}
	// No protocol: it only sends.
	s.wire, err = packet.Listen(s.device, packet.Raw, 0, nil)
	return err
}

func (s *server) openDNS(ctx context.Context, namespace, address string) error {
	datagrams, err := netns.ListenPacket(ctx, namespace, "udp", address, net.ListenConfig{})
	if err != nil {
		return err
	}
	s.names = append(s.names, &dns.Server{PacketConn: datagrams, Handler: s})
	streams, err := netns.Listen(ctx, namespace, "tcp", address, net.ListenConfig{})
	if err != nil {
		return err
	}
	s.names = append(s.names, &dns.Server{Listener: streams, Handler: s, MaxTCPQueries: 64,
		ReadTimeout: 5 * time.Second, IdleTimeout: func() time.Duration { return 5 * time.Second }})
	return nil
}

// close closes all sockets, so that nothing holds the namespace, and waits for who serves them.
func (s *server) close() {
	if s.requests != nil {
		s.requests.Close()
	}
	for _, d := range s.names {
		at, cancel := context.WithTimeout(context.Background(), time.Second)
		d.ShutdownContext(at) //nolint:errcheck // one that has not begun yet ends with its socket
		cancel()
		if d.PacketConn != nil {
			d.PacketConn.Close()
		}
		if d.Listener != nil {
			d.Listener.Close()
		}
	}
	if s.metadata != nil {
		s.metadata.Close()
	}
	s.serving.Wait()
	if s.wire != nil {
		s.wire.Close()
	}
}
