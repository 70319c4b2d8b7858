package l3

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mdlayher/ndp"
	"golang.org/x/net/ipv6"

	"cumulet/neutron"
	"cumulet/neutron/agent/netns"
)

// How often a router says unasked that it is there, how long that holds, and how soon it repeats itself when asked
// (RFC 4861, 6.2.1; the last is shorter than there, since guests start in crowds).
const (
	advertiseEvery = 30 * time.Second
	routerLifetime = 30 * time.Minute
	prefixLifetime = 24 * time.Hour
	advertiseAtMin = 50 * time.Millisecond

	// The first few come faster: the wire to the guests may be made after the router.
	advertiseFirst      = 5
	advertiseFirstEvery = 2 * time.Second
)

var (
	allNodes   = netip.MustParseAddr("ff02::1")
	allRouters = netip.MustParseAddr("ff02::2")
)

// advertiser tells one network of the router, IPv6's way of configuring guests.
type advertiser struct {
	conn    *ndp.Conn
	message atomic.Pointer[ndp.RouterAdvertisement]
	log     *slog.Logger
	serving sync.WaitGroup
	ended   atomic.Bool
}

// advertise makes the router known on the networks whose IPv6 subnets say so (ipv6_ra_mode), and on no others.
func (r *router) advertise(want neutron.ServedRouter) error {
	keep := map[string]bool{}
	var errs []error
	for _, port := range want.Interfaces {
		if message := advertisement(port); message != nil && port.AdminUp {
			device := neutron.InterfaceName(interfacePrefix, port.PortID)
			keep[device] = true
			errs = append(errs, r.advertiseOn(device, message))
		}
	}
	for device, a := range r.adverts {
		if !keep[device] {
			a.close()
			delete(r.adverts, device)
		}
	}
	return errors.Join(errs...)
}

func (r *router) advertiseOn(device string, message *ndp.RouterAdvertisement) error {
	if a := r.adverts[device]; a != nil {
		if !a.ended.Load() {
			if old := a.message.Swap(message); !reflect.DeepEqual(old, message) {
				return a.conn.SetReadDeadline(time.Now()) // it is told at once
			}
			return nil
		}
		a.close()
		delete(r.adverts, device)
	}
	a := &advertiser{log: r.log}
	a.message.Store(message)
	if err := netns.Do(r.namespace, func() error { return a.open(device) }); err != nil {
		return fmt.Errorf("advertise on %q: %w", device, err)
	}
	a.serving.Go(a.serve)
	r.adverts[device] = a
	return nil
}

// open listens for solicitations. It binds to no address: the device's own may come only when its other end is wired.
func (a *advertiser) open(device string) error {
	link, err := net.InterfaceByName(device)
	if err != nil {
		return err
	}
	a.conn, _, err = ndp.Listen(link, ndp.Unspecified)
	if err != nil {
		return err
	}
	var filter ipv6.ICMPFilter
	filter.SetAll(true)
	filter.Accept(ipv6.ICMPTypeRouterSolicitation)
	if err = a.conn.SetICMPFilter(&filter); err == nil {
		err = a.conn.JoinGroup(allRouters)
	}
	if err != nil {
		a.conn.Close()
	}
	return err
}

func (a *advertiser) serve() {
	defer a.ended.Store(true)
	for last, sent := (time.Time{}), 0; ; {
		if time.Since(last) >= advertiseAtMin {
			last = time.Now()
			sent++
			if err := a.conn.WriteTo(a.message.Load(), nil, allNodes); err != nil {
				a.log.Debug("advertisement cannot be sent", "error", err)
			}
		}
		pause := advertiseEvery
		if sent < advertiseFirst {
			pause = advertiseFirstEvery
		}
		if err := a.conn.SetReadDeadline(time.Now().Add(pause)); err != nil {
			return
		}
		_, _, _, err := a.conn.ReadFrom()
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			if !errors.Is(err, net.ErrClosed) {
				a.log.Warn("router advertisements ended", "error", err)
			}
			return
		}
	}
}

func (a *advertiser) close() {
	a.conn.Close()
	a.serving.Wait()
}

// advertisement is what a port advertises; nil when none of its subnets asks for it. As neutron/agent/linux/ra.py.
func advertisement(port neutron.ServedInterface) *ndp.RouterAdvertisement {
	mac, err := net.ParseMAC(port.MAC)
	if err != nil {
		return nil
	}
	m := &ndp.RouterAdvertisement{CurrentHopLimit: 64, RouterLifetime: routerLifetime}
	var servers []netip.Addr
	for _, a := range port.Addresses {
		if !a.Prefix.Addr().Is6() || a.RAMode == "" {
			continue
		}
		m.ManagedConfiguration = m.ManagedConfiguration || a.AddressMode == neutron.ModeStateful
		m.OtherConfiguration = m.OtherConfiguration || a.AddressMode == neutron.ModeStateless
		m.Options = append(m.Options, &ndp.PrefixInformation{
			PrefixLength: uint8(a.Prefix.Bits()), Prefix: a.Prefix.Masked().Addr(), OnLink: true,
			AutonomousAddressConfiguration: a.RAMode != neutron.ModeStateful,
			ValidLifetime:                  prefixLifetime, PreferredLifetime: prefixLifetime,
		})
		for _, text := range a.Nameservers {
			if server, err := netip.ParseAddr(text); err == nil && server.Is6() {
				servers = append(servers, server)
			}
		}
	}
	if len(m.Options) == 0 {
		return nil
	}
	m.Options = append(m.Options, &ndp.LinkLayerAddress{Direction: ndp.Source, Addr: mac})
	if port.MTU >= 1280 {
		m.Options = append(m.Options, &ndp.MTU{MTU: uint32(port.MTU)})
	}
	if len(servers) > 0 {
		m.Options = append(m.Options, &ndp.RecursiveDNSServer{Lifetime: routerLifetime, Servers: servers})
	}
	return m
}
