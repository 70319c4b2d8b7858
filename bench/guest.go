package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	golibvirt "github.com/digitalocean/go-libvirt"
	"github.com/google/uuid"
	"libvirt.org/go/libvirtxml"

	"cumulet/nova/virt/libvirt/daemon"
)

// guests is how long a guest takes until its domain runs: by POST /servers, and by hand with libvirt and qemu-img.
type guests struct {
	api, hand []time.Duration
	why       string // there are none
}

// guestsMade is how many are made each way, in turns.
const guestsMade = 5

// measureGuests makes guests in a cloud with the real driver, and each again by hand from its own definition.
func measureGuests(ctx context.Context, binary, image string) (g guests, err error) {
	say("measuring guests")
	switch _, err := os.Stat(image); {
	case os.Geteuid() != 0:
		return guests{why: "not root"}, nil
	case len(daemon.Missing()) > 0:
		return guests{why: "packages are missing: " + strings.Join(daemon.Missing(), " ")}, nil
	case err != nil:
		return guests{why: "no guest image at " + image}, nil
	}
	c, err := startCloud(ctx, binary, "real", 0, image)
	if err != nil {
		return g, err
	}
	defer func() { err = errors.Join(err, c.wipe()) }()
	network, _, err := c.makeNetwork(ctx)
	if err != nil {
		return g, err
	}
	if err := c.hasRoom(ctx, 1); err != nil {
		return g, err
	}
	sockets, err := filepath.Glob(filepath.Join(c.data, "hosts", "*", "libvirt", "run", "libvirt-sock"))
	if err != nil || len(sockets) != 1 {
		return g, fmt.Errorf("no libvirtd in %s: %w", c.data, err)
	}
	conn := golibvirt.NewWithDialer(daemon.Dialer{Socket: sockets[0]})
	if err := conn.Connect(); err != nil {
		return g, err
	}
	defer conn.Disconnect() //nolint:errcheck // the measurement is over
	for range guestsMade + 1 {
		api, id, err := c.byAPI(ctx, conn, network)
		if err != nil {
			return g, err
		}
		hand, err := byHand(ctx, conn, id)
		if err != nil {
			return g, err
		}
		g.api, g.hand = append(g.api, api), append(g.hand, hand)
		if _, err := c.ask(ctx, "DELETE", "/compute/v2.1/servers/"+id.String(), nil, nil); err != nil {
			return g, err
		}
	}
	g.api, g.hand = g.api[1:], g.hand[1:] // the first one fetches the image
	return g, nil
}

// hasRoom waits until so many hosts have told placement what they have.
func (c *cloud) hasRoom(ctx context.Context, hosts int) error {
	turn := time.NewTicker(500 * time.Millisecond)
	defer turn.Stop()
	for {
		var list struct {
			Providers []struct{ UUID string } `json:"resource_providers"`
		}
		if _, err := c.ask(ctx, "GET", "/placement/resource_providers", nil, &list); err != nil {
			return err
		}
		if len(list.Providers) >= hosts {
			var has struct{ Inventories map[string]any }
			last := list.Providers[len(list.Providers)-1].UUID // they are listed in the order of their coming
			if _, err := c.ask(ctx, "GET", "/placement/resource_providers/"+last+"/inventories", nil, &has); err != nil {
				return err
			}
			if len(has.Inventories) > 0 {
				return nil
			}
		}
		select {
		case <-turn.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// byAPI asks for a server and waits until its domain runs.
func (c *cloud) byAPI(ctx context.Context, conn *golibvirt.Libvirt, network string) (time.Duration, uuid.UUID, error) {
	var images struct{ Images []struct{ ID string } }
	if _, err := c.ask(ctx, "GET", "/image/v2/images", nil, &images); err != nil || len(images.Images) == 0 {
		return 0, uuid.Nil, fmt.Errorf("no image: %w", err)
	}
	began := time.Now()
	var made struct{ Server struct{ ID uuid.UUID } }
	_, err := c.ask(ctx, "POST", "/compute/v2.1/servers", map[string]any{"server": map[string]any{
		"name": "bench", "imageRef": images.Images[0].ID, "flavorRef": "42", "networks": []any{map[string]any{"uuid": network}}}}, &made)
	if err != nil {
		return 0, uuid.Nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	turn := time.NewTicker(2 * time.Millisecond)
	defer turn.Stop()
	for {
		dom, err := conn.DomainLookupByUUID(golibvirt.UUID(made.Server.ID))
		if err == nil {
			state, _, err := conn.DomainGetState(dom, 0)
			if err == nil && golibvirt.DomainState(state) == golibvirt.DomainRunning {
				return time.Since(began), made.Server.ID, nil
			}
		}
		select {
		case <-turn.C:
		case <-ctx.Done():
			return 0, uuid.Nil, errors.Join(ctx.Err(), err)
		}
	}
}

// byHand makes another guest of the same definition: a disk over the same image, defined and started.
func byHand(ctx context.Context, conn *golibvirt.Libvirt, id uuid.UUID) (time.Duration, error) {
	like, err := conn.DomainLookupByUUID(golibvirt.UUID(id))
	if err != nil {
		return 0, err
	}
	text, err := conn.DomainGetXMLDesc(like, golibvirt.DomainXMLInactive)
	if err != nil {
		return 0, err
	}
	var d libvirtxml.Domain
	if err := d.Unmarshal(text); err != nil {
		return 0, err
	}
	d.Name, d.UUID = "by-hand", uuid.NewString()
	for i := range d.Devices.Interfaces {
		d.Devices.Interfaces[i].MAC = nil
		d.Devices.Interfaces[i].Target.Dev = "byhand0"
	}
	for i := range d.Devices.Serials {
		d.Devices.Serials[i].Log = nil // virtlogd has the file open for the other
	}
	for i := range d.Devices.Consoles {
		d.Devices.Consoles[i].Log = nil
	}
	disk := d.Devices.Disks[0]
	old := disk.Source.File.File
	backing, err := exec.CommandContext(ctx, "qemu-img", "info", "-U", "--output=json", old).Output()
	if err != nil {
		return 0, fmt.Errorf("look at %s: %w", old, err)
	}
	_, rest, _ := strings.Cut(string(backing), `"backing-filename": "`)
	base, _, _ := strings.Cut(rest, `"`)
	disk.Source.File.File = old + ".by-hand"
	defer os.Remove(disk.Source.File.File)
	definition, err := d.Marshal()
	if err != nil {
		return 0, err
	}

	began := time.Now()
	out, err := exec.CommandContext(ctx, "qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base, disk.Source.File.File, "1G").CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("qemu-img create: %w: %s", err, out)
	}
	dom, err := conn.DomainDefineXML(definition)
	if err != nil {
		return 0, fmt.Errorf("define: %w", err)
	}
	if err := conn.DomainCreate(dom); err != nil {
		return 0, errors.Join(fmt.Errorf("start: %w", err), conn.DomainUndefine(dom))
	}
	took := time.Since(began)
	return took, errors.Join(conn.DomainDestroy(dom), conn.DomainUndefine(dom))
}

// median is the middle one.
func median(all []time.Duration) time.Duration {
	sorted := slices.SortedFunc(slices.Values(all), cmp.Compare)
	return sorted[len(sorted)/2]
}
