package fake_test

import (
	"context"
	"errors"
	"testing"

	"cumulet/nova/virt"
	"cumulet/nova/virt/fake"
	"cumulet/nova/virt/virttest"
)

func TestFakeIsADriver(t *testing.T) {
	t.Parallel()
	virttest.Run(t, func(t *testing.T) virt.Driver { return fake.New(t.Name()) }, virttest.Options{})
}

func TestBeforeMakesAMethodFail(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	d := fake.New("host")
	d.Before = func(_ context.Context, method, _ string) error {
		if method == "Spawn" {
			return broken
		}
		return nil
	}
	err := d.Spawn(t.Context(), virttest.NewGuest(1, virt.Image{}), nil)
	if !errors.Is(err, broken) {
		t.Errorf("Spawn says %v", err)
	}
	if guests, err := d.Guests(t.Context()); err != nil || len(guests) != 0 {
		t.Errorf("Guests are %v, %v", guests, err)
	}
}

func TestGuestsOwnShutdownIsTold(t *testing.T) {
	t.Parallel()
	d := fake.New("host")
	guest := virttest.NewGuest(1, virt.Image{})
	if err := d.Spawn(t.Context(), guest, nil); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	events, err := d.Events(ctx)
	if err != nil {
		t.Fatal(err)
	}
	d.ShutDown(guest.ID)
	if got := <-events; got.ID != guest.ID || got.Change != virt.ChangeStopped {
		t.Errorf("told %+v", got)
	}
	cancel()
	if _, open := <-events; open {
		t.Error("events go on after the end")
	}
}
