package libvirt

import (
	"context"
	"fmt"
	"time"

	golibvirt "github.com/digitalocean/go-libvirt"
	"github.com/google/uuid"

	"cumulet/nova/virt"
)

// Events tells what libvirt tells of its domains.
func (d *Driver) Events(ctx context.Context) (<-chan virt.Event, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	conn, err := d.connection()
	if err != nil {
		return nil, err
	}
	heard, err := conn.LifecycleEvents(ctx)
	if err != nil {
		return nil, fmt.Errorf("listen to libvirtd: %w", err)
	}
	told := make(chan virt.Event)
	d.calls.Go(func() {
		defer close(told)
		for message := range heard { // to its end: go-libvirt waits for its reader
			change := changeOf(golibvirt.DomainEventType(message.Event), message.Detail)
			if change == "" {
				continue
			}
			select {
			case told <- virt.Event{ID: uuid.UUID(message.Dom.UUID).String(), Change: change, At: time.Now()}:
			case <-ctx.Done():
			case <-conn.Disconnected(): // else Close waited for a reader that is gone
			}
		}
	})
	return told, nil
}

// changeOf is what an event of libvirt's means; "" is nothing that matters.
func changeOf(event golibvirt.DomainEventType, detail int32) virt.Change {
	switch event {
	case golibvirt.DomainEventStarted:
		if golibvirt.DomainEventStartedDetailType(detail) == golibvirt.DomainEventStartedRestored {
			return virt.ChangeResumed
		}
		return virt.ChangeStarted
	case golibvirt.DomainEventSuspended:
		return virt.ChangePaused
	case golibvirt.DomainEventResumed:
		return virt.ChangeResumed
	case golibvirt.DomainEventStopped:
		switch golibvirt.DomainEventStoppedDetailType(detail) {
		case golibvirt.DomainEventStoppedSaved:
			return virt.ChangeSuspended
		case golibvirt.DomainEventStoppedCrashed, golibvirt.DomainEventStoppedFailed:
			return virt.ChangeCrashed
		}
		return virt.ChangeStopped
	case golibvirt.DomainEventCrashed:
		return virt.ChangeCrashed
	}
	return ""
}
