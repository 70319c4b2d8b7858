package libvirt

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"cumulet/nova/virt"
	"cumulet/nova/virt/virttest"
)

func TestAGuestWhoseQEMUIsKilledIsShutDownAndStartsAgain(t *testing.T) {
	t.Parallel()
	images := guestImage(t)
	driver, netNS := live(t)
	guest := virttest.NewGuest(7, virt.Image{ID: "i", Path: filepath.Join(images, "cumulet-guest.qcow2"), Format: "qcow2"})
	if err := driver.Spawn(t.Context(), guest, nil); err != nil {
		t.Fatal(err)
	}
	killGuest(t, guest.ID)
	settles(t, driver, guest.ID, virt.Shutdown)
	start(t, driver, guest.ID)

	// Its libvirtd dies with it, and sees what became of it when it comes back.
	killDaemon(t, driver)
	killGuest(t, guest.ID)
	restartDaemon(t, driver, netNS)
	settles(t, driver, guest.ID, virt.Shutdown)
	start(t, driver, guest.ID)
	if err := driver.Destroy(t.Context(), guest.ID); err != nil {
		t.Fatal(err)
	}
}

func start(t *testing.T, driver *Driver, id string) {
	t.Helper()
	if err := driver.PowerOn(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	settles(t, driver, id, virt.Running)
}

// settles waits until the guest is in a state.
func settles(t *testing.T, driver *Driver, id string, want virt.State) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		state, err := driver.Guest(ctx, id)
		if err == nil && state == want {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("the guest is %v, %v, not %v", state, err, want)
		case <-tick.C:
		}
	}
}

// killGuest kills the process that is a guest: the one whose arguments name it, and no other.
func killGuest(t *testing.T, id string) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil { // ended meanwhile
			continue
		}
		words := strings.Split(string(text), "\x00")
		at := slices.Index(words, "-uuid")
		if at < 0 || at+1 >= len(words) || words[at+1] != id {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Fatalf("no process is guest %s", id)
}
