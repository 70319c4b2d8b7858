package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"cumulet/neutron"
	oslodb "cumulet/oslo/db"
	"cumulet/oslo/outbox"
	"cumulet/oslo/telemetry"
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

// notifierName is the notifier's among the readers of the event log.
const notifierName = "nova"

// Notify tells nova what the event log holds for it, in order, until ctx ends: one neutron-server at a time, which owner names. How
// far it has come is kept, so that a crash on either side loses nothing; what nova heard just before a crash it may hear again.
func (p *Plugin) Notify(ctx context.Context, owner string) error {
	r := &outbox.Relay{Name: notifierName, DB: p.DB.DB, Owner: owner, Deliver: p.tellNova, FromStart: true, Batch: 200, Log: p.Log}
	return r.Run(ctx)
}

// tellNova delivers events, all or none. What nova does with those of one request goes on in its trace; where events of several
// come together, each has only the telling in its own.
func (p *Plugin) tellNova(ctx context.Context, events []oslodb.Event) (arrived int, err error) {
	var out []neutron.ServerEvent
	var of []oslodb.Event
	for _, e := range events {
		if event, ok := serverEvent(e); ok {
			out, of = append(out, event), append(of, e)
		}
	}
	if len(out) == 0 || p.Compute == nil || !p.Config.NotifyNova {
		return len(events), nil
	}
	began, telling := time.Now(), ctx
	if !slices.ContainsFunc(of, func(e oslodb.Event) bool { return e.RequestID != of[0].RequestID || e.Trace != of[0].Trace }) {
		telling = telemetry.Continue(ctx, of[0].RequestID, of[0].Trace)
	}
	err = p.Compute.ServerEvents(telling, out)
	took := time.Since(began)
	for i, e := range of {
		telemetry.Past(telemetry.Continue(ctx, e.RequestID, e.Trace), "nova.tell", began, took, err,
			slog.String("event", out[i].Name), slog.String("server", out[i].ServerID), slog.String("port", out[i].PortID))
	}
	if err != nil {
		return 0, fmt.Errorf("tell nova %d events: %w", len(out), err)
	}
	return len(events), nil
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
