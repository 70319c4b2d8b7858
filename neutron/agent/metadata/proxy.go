package metadata

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"sync"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/net/netutil"

	"cumulet/neutron"
	"cumulet/neutron/agent/host"
	"cumulet/neutron/agent/netns"
	"cumulet/oslo/fault"
	"cumulet/oslo/messaging"
)

// Address is where guests ask.
var Address = netip.AddrFrom4([4]byte{169, 254, 169, 254})

// Bounds on what guests may do.
const (
	maxConnections = 64 // of one namespace
	maxBody        = 64 << 10
	maxHeader      = 16 << 10
)

// Headers that only the agent may set, as nova/api/metadata/handler.py.
const (
	headerInstance  = "X-Instance-ID"
	headerProject   = "X-Tenant-ID"
	headerSignature = "X-Instance-ID-Signature"
	headerForwarded = "X-Forwarded-For"
)

var reserved = [...]string{headerInstance, headerProject, headerSignature, headerForwarded, "X-Real-IP", "Forwarded",
	"X-Metadata-Provider", "X-Metadata-Provider-Signature", "X-Neutron-Network-ID", "X-OVN-Network-ID"}

// Place is where requests come in: a network (DHCP namespace) or a router.
type Place struct{ Namespace, NetworkID, RouterID string }

// Open answers in a namespace until the answer is closed.
func (a *Agent) Open(p Place) (io.Closer, error) {
	err := host.With(p.Namespace, func(h *netlink.Handle) error {
		lo, err := h.LinkByName("lo")
		if err != nil {
			return err
		}
		if err := h.LinkSetUp(lo); err != nil {
			return err
		}
		return host.AddAddress(h, lo, netip.PrefixFrom(Address, 32))
	})
	if err != nil {
		return nil, fmt.Errorf("metadata address in %q: %w", p.Namespace, err)
	}
	listener, err := netns.Listen(context.Background(), p.Namespace, "tcp4", netip.AddrPortFrom(Address, 80).String(), net.ListenConfig{})
	if err != nil {
		return nil, fmt.Errorf("listen for metadata in %q: %w", p.Namespace, err)
	}
	d := &door{agent: a, place: p}
	d.server = &http.Server{
		Handler: d, MaxHeaderBytes: maxHeader, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: time.Minute, IdleTimeout: 30 * time.Second, ErrorLog: slog.NewLogLogger(a.Log.Handler(), slog.LevelDebug),
	}
	a.open.Add(1)
	d.serving.Go(func() {
		if err := d.server.Serve(netutil.LimitListener(listener, maxConnections)); !errors.Is(err, http.ErrServerClosed) {
			a.Log.Error("metadata is no longer served", "namespace", p.Namespace, "error", err)
		}
	})
	return d, nil
}

// door is one namespace's listener.
type door struct {
	agent   *Agent
	place   Place
	server  *http.Server
	serving sync.WaitGroup
}

// Close ends the listener and its connections, so that nothing holds the namespace.
func (d *door) Close() error {
	d.agent.open.Add(-1)
	err := d.server.Close()
	d.serving.Wait()
	return err
}

// ServeHTTP finds out which guest asks and hands the request to nova.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		http.Error(w, "400 Bad Request", http.StatusBadRequest)
		return
	}
	owner, err := messaging.Call[neutron.OwnedAddress](r.Context(), d.agent.Bus, messaging.Topic(neutron.Topic),
		neutron.AddressOwner{NetworkID: d.place.NetworkID, RouterID: d.place.RouterID, Address: from.Addr().Unmap()})
	switch {
	case fault.Is(err, fault.NotFound), err == nil && owner.DeviceID == "":
		http.Error(w, "404 Not Found", http.StatusNotFound)
		return
	case err != nil:
		d.agent.Log.WarnContext(r.Context(), "metadata: who asks cannot be found out", "address", from.Addr(), "error", err)
		http.Error(w, "503 Service Unavailable", http.StatusServiceUnavailable)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	d.agent.proxy(owner, from.Addr().Unmap()).ServeHTTP(w, r)
}

func (a *Agent) proxy(owner neutron.OwnedAddress, from netip.Addr) *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Transport: a.Client.Transport, // nil: the default one
		ErrorLog:  slog.NewLogLogger(a.Log.Handler(), slog.LevelWarn),
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(a.Config.Nova)
			for _, name := range reserved {
				p.Out.Header.Del(name)
			}
			p.Out.Header.Set(headerForwarded, from.String())
			p.Out.Header.Set(headerInstance, owner.DeviceID)
			p.Out.Header.Set(headerProject, owner.ProjectID)
			p.Out.Header.Set(headerSignature, a.sign(owner.DeviceID))
		},
	}
}

// sign is the proof that the agent speaks, as neutron/agent/metadata/agent.py, _sign_instance_id.
func (a *Agent) sign(instanceID string) string {
	mac := hmac.New(sha256.New, []byte(a.Config.Secret))
	mac.Write([]byte(instanceID))
	return hex.EncodeToString(mac.Sum(nil))
}
