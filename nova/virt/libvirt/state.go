package libvirt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	golibvirt "github.com/digitalocean/go-libvirt"
	"github.com/google/uuid"

	"cumulet/nova/virt"
	"cumulet/oslo/fault"
)

// Guest is the power state of one guest.
func (d *Driver) Guest(ctx context.Context, id string) (virt.State, error) {
	state := virt.NoState
	err := d.with(ctx, looking, id, func(dom domain) error {
		var err error
		state, err = dom.state()
		return err
	})
	return state, err
}

// Guests is the power state of every guest that has a folder here; a libvirtd that is not cumulet's alone may have others.
func (d *Driver) Guests(ctx context.Context) (map[string]virt.State, error) {
	own, err := d.folders()
	if err != nil {
		return nil, fmt.Errorf("list guests: %w", err)
	}
	states := map[string]virt.State{}
	err = d.call(ctx, func(conn *golibvirt.Libvirt) error {
		records, err := conn.ConnectGetAllDomainStats(nil, uint32(golibvirt.DomainStatsState), 0)
		if err != nil {
			return err
		}
		for _, r := range records {
			id := uuid.UUID(r.Dom.UUID).String()
			if !own[id] {
				continue
			}
			for _, p := range r.Params {
				if number, ok := p.Value.I.(int32); ok && p.Field == "state.state" {
					states[id] = powerState(golibvirt.DomainState(number))
				}
			}
		}
		saved, _, err := conn.ConnectListAllDomains(1, golibvirt.ConnectListDomainsManagedsave|golibvirt.ConnectListDomainsInactive)
		for _, dom := range saved {
			if id := uuid.UUID(dom.UUID).String(); own[id] {
				states[id] = virt.Suspended
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list guests: %w", err)
	}
	return states, nil
}

// folders are the guests that have one.
func (d *Driver) folders() (map[string]bool, error) {
	entries, err := os.ReadDir(d.Instances)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	own := make(map[string]bool, len(entries))
	for _, e := range entries {
		own[e.Name()] = true
	}
	return own, nil
}

// state is Suspended when the guest's memory was saved, else what libvirt calls it.
func (dom domain) state() (virt.State, error) {
	number, _, err := dom.DomainGetState(dom.Domain, 0)
	if golibvirt.IsNotFound(err) {
		return virt.NoState, virt.NoGuest(uuid.UUID(dom.UUID).String())
	}
	if err != nil {
		return virt.NoState, err
	}
	state := powerState(golibvirt.DomainState(number))
	if state != virt.Shutdown {
		return state, nil
	}
	saved, err := dom.DomainHasManagedSaveImage(dom.Domain, 0)
	if err == nil && saved != 0 {
		state = virt.Suspended
	}
	return state, err
}

// powerState as nova/virt/libvirt/guest.py LIBVIRT_POWER_STATE.
func powerState(s golibvirt.DomainState) virt.State {
	switch s {
	case golibvirt.DomainRunning, golibvirt.DomainBlocked:
		return virt.Running
	case golibvirt.DomainPaused:
		return virt.Paused
	case golibvirt.DomainShutdown, golibvirt.DomainShutoff:
		return virt.Shutdown
	case golibvirt.DomainCrashed:
		return virt.Crashed
	case golibvirt.DomainPmsuspended:
		return virt.Suspended
	}
	return virt.NoState
}

func isNoGuest(err error) bool { return fault.Is(err, fault.NotFound) }
