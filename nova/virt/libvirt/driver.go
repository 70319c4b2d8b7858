package libvirt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"time"

	golibvirt "github.com/digitalocean/go-libvirt"
	"github.com/google/uuid"

	"cumulet/nova/virt"
	"cumulet/nova/virt/libvirt/daemon"
	"cumulet/oslo/telemetry"
)

// Driver is a host whose libvirtd listens on Socket. Set the fields, use it, Close it.
type Driver struct {
	Socket string
	// Instances is the folder of the guests' disks, made when missing. Not under /run.
	Instances string
	// VirtType is "kvm" or "qemu"; "" looks at the processor.
	VirtType string
	// SoftReboot is how long a guest may take to go down for a soft reboot before it is reset; 0: two minutes.
	SoftReboot time.Duration
	Log        *slog.Logger // nil: none

	mu    sync.Mutex
	conn  *golibvirt.Libvirt
	calls sync.WaitGroup
	// conversions are the files that images are being converted to; each is closed when that has ended.
	conversions map[string]chan struct{}
}

var _ virt.Driver = (*Driver)(nil)

// Close ends the connection and waits for what still uses it.
func (d *Driver) Close() error {
	d.mu.Lock()
	conn := d.conn
	d.conn = nil
	d.mu.Unlock()
	var err error
	if conn != nil && conn.IsConnected() {
		err = conn.Disconnect()
	}
	d.calls.Wait()
	return err
}

// connection is the one connection, made when there is none (any more).
func (d *Driver) connection() (*golibvirt.Libvirt, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conn != nil && d.conn.IsConnected() {
		return d.conn, nil
	}
	conn := golibvirt.NewWithDialer(daemon.Dialer{Socket: d.Socket})
	if err := conn.Connect(); err != nil {
		return nil, fmt.Errorf("connect to libvirtd at %s: %w", d.Socket, err)
	}
	d.conn = conn
	return conn, nil
}

// call runs do with the connection and returns when it is done or ctx ends: libvirt's calls know no context. What
// goes on after the end of ctx is waited for by Close.
func (d *Driver) call(ctx context.Context, do func(*golibvirt.Libvirt) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	conn, err := d.connection()
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	d.calls.Go(func() { done <- do(conn) })
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// domain is a guest of this driver, as libvirt's calls name it.
type domain struct {
	*golibvirt.Libvirt
	golibvirt.Domain
}

// with runs do on the guest named id; NotFound when there is none.
func (d *Driver) with(ctx context.Context, verb, id string, do func(domain) error) (err error) {
	if verb != looking {
		var end func(error)
		ctx, end = telemetry.Start(ctx, "libvirt."+strings.ReplaceAll(verb, " ", "_"), slog.String("guest", id))
		defer func() { end(err) }()
	}
	err = d.call(ctx, func(conn *golibvirt.Libvirt) error {
		dom, err := lookup(conn, id)
		if err != nil {
			return err
		}
		return do(dom)
	})
	if err != nil {
		return fmt.Errorf("%s guest %q: %w", verb, id, err)
	}
	return nil
}

// looking is the verb of what only looks, and often: it has no span.
const looking = "look at"

func lookup(conn *golibvirt.Libvirt, id string) (domain, error) {
	number, err := uuid.Parse(id)
	if err != nil || virt.CheckID(id) != nil {
		return domain{}, virt.NoGuest(id)
	}
	dom, err := conn.DomainLookupByUUID(golibvirt.UUID(number))
	if golibvirt.IsNotFound(err) {
		return domain{}, virt.NoGuest(id)
	}
	return domain{conn, dom}, err
}

// is tells whether err is libvirt's error of that number.
func is(err error, number golibvirt.ErrorNumber) bool {
	var e golibvirt.Error
	return errors.As(err, &e) && e.Code == uint32(number)
}

func (d *Driver) log() *slog.Logger {
	if d.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return d.Log
}

// folder is where a guest's files lie. The id was checked to be no path.
func (d *Driver) folder(id string) string { return filepath.Join(d.Instances, id) }
