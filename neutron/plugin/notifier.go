package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"cumulet/neutron"
	"cumulet/neutron/db"
	oslodb "cumulet/oslo/db"
)

// Compute is told what happens to servers' ports: nova, by its own API.
type Compute interface {
	// ServerEvents delivers events. An error means that nova could not take them, and they come again later; servers or
	// events that nova does not know are no error.
	ServerEvents(ctx context.Context, events []neutron.ServerEvent) error
}

// Events of the log that are for nova.
const (
	eventPlugged   = "port.vif.plugged"
	eventUnplugged = "port.vif.unplugged"
	eventDeleted   = "port.vif.deleted"
	eventAddresses = "port.vif.addresses"
)

// told is how nova calls them. As neutron/notifiers/nova.py.
var told = map[string]string{
	eventPlugged: "network-vif-plugged", eventUnplugged: "network-vif-unplugged",
	eventDeleted: "network-vif-deleted", eventAddresses: "network-changed",
}

// unplugged records that a bound guest's port lost its place.
func (w *work) unplugged(ctx context.Context, old, port neutron.Port) error {
	if old.Status != neutron.Active || !old.Guest() || old.Binding.Host == "" {
		return nil
	}
	return w.Record(ctx, eventUnplugged, neutron.Plug{Server: old.DeviceID, Port: port.ID, Project: port.ProjectID})
}

const (
	notifierName = "nova"
	batch        = 200
)

// Notify tells nova what the event log holds for it, in order, until ctx ends. How far it has come is kept, so that a crash on
// either side loses nothing; what nova heard just before a crash it may hear again.
func (p *Plugin) Notify(ctx context.Context, ready func()) error {
	ready()
	pause := minPause
	for ctx.Err() == nil {
		changed := p.DB.Changed()
		more, err := p.notifyOnce(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			p.Log.WarnContext(ctx, "nova was not told about ports; trying again", "in", pause, "error", err)
			wait(ctx, pause, nil)
			pause = min(2*pause, maxPause)
			continue
		case !more:
			wait(ctx, time.Minute, changed)
		}
		pause = minPause
	}
	return nil
}

const (
	minPause = 200 * time.Millisecond
	maxPause = 15 * time.Second
)

// wait returns after the pause, when the channel is closed, or when ctx ends.
func wait(ctx context.Context, pause time.Duration, signal <-chan struct{}) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-signal:
	case <-timer.C:
	}
}

// notifyOnce delivers the next events; more tells that there may be others.
func (p *Plugin) notifyOnce(ctx context.Context) (more bool, err error) {
	seq, err := p.DB.Cursor(ctx, notifierName)
	if err != nil {
		return false, err
	}
	events, err := p.DB.Events(ctx, seq, batch)
	if err != nil || len(events) == 0 {
		return false, err
	}
	var out []neutron.ServerEvent
	for _, e := range events {
		if event, ok := serverEvent(e); ok {
			out = append(out, event)
		}
	}
	if len(out) > 0 && p.Compute != nil && p.Config.NotifyNova {
		if err := p.Compute.ServerEvents(ctx, out); err != nil {
			return false, fmt.Errorf("tell nova %d events: %w", len(out), err)
		}
	}
	last := events[len(events)-1].Seq
	err = p.DB.Tx(ctx, func(t *db.Tx) error { return t.SetCursor(ctx, notifierName, last) })
	return len(events) == batch, err
}

func serverEvent(e oslodb.Event) (neutron.ServerEvent, bool) {
	name, ok := told[e.Name]
	if !ok || !strings.HasPrefix(e.Name, "port.vif.") {
		return neutron.ServerEvent{}, false
	}
	var of neutron.Plug
	if json.Unmarshal(e.Payload, &of) != nil || of.Server == "" {
		return neutron.ServerEvent{}, false
	}
	return neutron.ServerEvent{Name: name, ServerID: of.Server, PortID: of.Port}, true
}
