package compute

import (
	"context"
	"log/slog"
	"runtime"
	"testing"

	"cumulet/nova"
	"cumulet/nova/virt"
	"cumulet/nova/virt/fake"
	"cumulet/oslo/messaging"
)

const guestID = "0b6a1c0e-7c1c-4a0e-9a39-6a3f0f5f6a01"

// What was seen of a guest must be recorded before anything is done to it: recorded after a stop, a sight of it running would make
// the stopped server ACTIVE.
func TestGuestIsNotChangedUntilWhatWasSeenIsRecorded(t *testing.T) {
	t.Parallel()
	bus := &messaging.Bus{Transport: messaging.NewMemory()}
	conductor := &messaging.Server{Bus: bus, Topic: nova.ConductorTopic, Host: "control", Log: slog.New(slog.DiscardHandler)}
	seen, record := make(chan nova.PowerState), make(chan struct{})
	messaging.Take(conductor, func(_ context.Context, m nova.GuestPower) error {
		seen <- m.PowerState
		<-record
		return nil
	})
	ctx, stop := context.WithCancel(t.Context())
	ready, ended := make(chan struct{}), make(chan error, 3)
	go func() { ended <- conductor.Run(ctx, func() { close(ready) }) }()
	<-ready

	driver := fake.New("here")
	if err := driver.Spawn(ctx, virt.Guest{ID: guestID, Name: "instance-1", VCPUs: 1, MemoryMiB: 64}, nil); err != nil {
		t.Fatal(err)
	}
	c := &Compute{Bus: bus, Driver: driver, Host: "here", Config: nova.DefaultConfig()}
	go func() { ended <- c.tellOf(ctx, guestID) }()
	if state := <-seen; state != nova.PowerRunning {
		t.Errorf("the guest is told of as %v", state)
	}
	stopped := make(chan nova.GuestState, 1)
	go func() {
		state, err := c.ChangePower(ctx, nova.ChangePower{Server: nova.Server{ID: guestID}, Change: nova.PowerOff})
		stopped <- state
		ended <- err
	}()
	for len(stopped) == 0 && c.workers(guestID) < 2 { // either it was done, or it waits
		runtime.Gosched()
	}
	if state, err := driver.Guest(ctx, guestID); err != nil || state != virt.Running {
		t.Errorf("before it was recorded that the guest runs, it is %v (%v)", state, err)
	}
	close(record)
	if state := <-stopped; state.PowerState != nova.PowerShutdown {
		t.Errorf("the guest was stopped, and is %v", state.PowerState)
	}
	stop()
	for range 3 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if err := bus.Transport.Close(); err != nil {
		t.Error(err)
	}
}

// workers is how many are at work on a guest, or wait to be.
func (c *Compute) workers(id string) int {
	c.guests.mu.Lock()
	defer c.guests.mu.Unlock()
	if one := c.guests.byID[id]; one != nil {
		return one.users
	}
	return 0
}
