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

func TestFakeThatKeepsItsGuestsIsADriver(t *testing.T) {
	t.Parallel()
	virttest.Run(t, func(t *testing.T) virt.Driver {
		d, err := fake.Open(t.Name(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		return d
	}, virttest.Options{})
}

func TestGuestsOutliveTheDriver(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	open := func() *fake.Driver {
		d, err := fake.Open("host", folder)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	running, stopped, gone := virttest.NewGuest(1, virt.Image{}), virttest.NewGuest(2, virt.Image{}), virttest.NewGuest(3, virt.Image{})
	first := open()
	for _, g := range []virt.Guest{running, stopped, gone} {
		if err := first.Spawn(t.Context(), g, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(first.PowerOff(t.Context(), stopped.ID, 0), first.Destroy(t.Context(), gone.ID)); err != nil {
		t.Fatal(err)
	}
	guests, err := open().Guests(t.Context())
	if err != nil || len(guests) != 2 || guests[running.ID] != virt.Running || guests[stopped.ID] != virt.Shutdown {
		t.Errorf("opened again it has %v, %v", guests, err)
	}
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
