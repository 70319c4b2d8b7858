package libvirt

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cumulet/nova/virt"
	"cumulet/nova/virt/libvirt/daemon"
	"cumulet/nova/virt/virttest"
)

// guestImage is the folder that guest/build made: CUMULET_GUEST, or bin/guest in this repository.
func guestImage(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("CUMULET_GUEST")
	if folder == "" {
		folder = "../../../bin/guest"
	}
	folder, err := filepath.Abs(folder)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(folder, "cumulet-guest.qcow2")); err != nil {
		t.Skip("no guest image: run guest/build bin/guest, or set CUMULET_GUEST to where it lies")
	}
	return folder
}

// live is a driver on a libvirtd of its own in a fresh network namespace.
func live(t *testing.T) (driver *Driver, netNS string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("not root")
	}
	if missing := daemon.Missing(); len(missing) > 0 {
		t.Skipf("packages are missing: %v", missing)
	}
	netNS = "cumulet-test-" + strings.ToLower(t.Name())
	_ = exec.Command("ip", "netns", "delete", netNS).Run() // left by a run that was killed
	if out, err := exec.Command("ip", "netns", "add", netNS).CombinedOutput(); err != nil {
		t.Skipf("no network namespaces: %s", out)
	}
	state := filepath.Join(t.TempDir(), "libvirt")
	d, err := daemon.Start(t.Context(), daemon.Options{StateDir: state, NetNS: netNS, Hostname: "hv-test",
		HostUUID: "0f1a2b3c-4d5e-6789-aaaa-bbbbbbbbbbbb"})
	if err != nil {
		t.Fatal(err)
	}
	driver = &Driver{Socket: d.Socket(), Instances: filepath.Join(t.TempDir(), "instances")}
	t.Cleanup(func() {
		if err := driver.Close(); err != nil {
			t.Error(err)
		}
		if _, err := daemon.Sweep(context.Background(), state); err != nil {
			t.Error(err)
		}
		if err := d.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		if out, err := exec.Command("ip", "netns", "delete", netNS).CombinedOutput(); err != nil {
			t.Errorf("%s", out)
		}
	})
	return driver, netNS
}

func TestLibvirtIsADriver(t *testing.T) {
	t.Parallel()
	image := virt.Image{ID: "i", Path: filepath.Join(guestImage(t), "cumulet-guest.qcow2"), Format: "qcow2"}
	driver, _ := live(t)
	virttest.Run(t, func(*testing.T) virt.Driver { return driver }, virttest.Options{Image: image, Ready: "GUEST READY", Patience: 2 * time.Minute})
	if left, err := os.ReadDir(driver.Instances); err != nil || len(left) != 0 {
		t.Errorf("left are %v, %v", left, err)
	}
}

// One guest for all that is libvirt's own: kernel and ramdisk images, config drive, further disks, the tap device, a
// libvirtd that dies, a Spawn that was cut short.
func TestKernelAndRamdiskGuest(t *testing.T) {
	t.Parallel()
	images := guestImage(t)
	driver, netNS := live(t)
	ctx := t.Context()
	guest := virttest.NewGuest(9, virt.Image{ID: "i", Path: filepath.Join(images, "cumulet-guest.ami"), Format: "ami",
		KernelPath: filepath.Join(images, "cumulet-guest.vmlinuz"), RamdiskPath: filepath.Join(images, "cumulet-guest.initrd")})
	guest.EphemeralGiB, guest.SwapMiB = 1, 64
	guest.ConfigDrive["openstack/latest/user_data"] = []byte("#!/bin/sh\necho mtu $(cat /sys/class/net/eth0/mtu); blkid\n")

	// what a Spawn that was killed between two steps leaves
	folder := driver.folder(guest.ID)
	if err := os.MkdirAll(folder, 0o711); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "disk.part"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := driver.Spawn(ctx, guest, nil); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("ip", "-n", netNS, "link", "show", guest.NICs[0].Device).CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("mtu 1450")) {
		t.Errorf("its tap device: %s", out)
	}
	console := await(t, driver, guest.ID, "GUEST READY")
	for _, want := range []string{"hostname=virttest.novalocal", "userdata: mtu 1450", "persist /dev/vda", `LABEL="ephemeral0"`, `TYPE="swap"`, "boots=1"} {
		if !strings.Contains(console, want) {
			t.Errorf("%q is not in its console:\n%s", want, console)
		}
	}

	killDaemon(t, driver)
	if err := driver.Reboot(ctx, guest.ID, true); err == nil {
		t.Error("a reboot without libvirtd succeeded")
	}
	restartDaemon(t, driver, netNS)
	if state, err := driver.Guest(ctx, guest.ID); err != nil || state != virt.Running {
		t.Errorf("after libvirtd was killed the guest is %v, %v", state, err)
	}
	if err := driver.StopGuests(ctx, time.Minute); err != nil {
		t.Fatal(err)
	}
	err = driver.PowerOn(ctx, guest.ID)
	for try := 1; err != nil && try < 3; try++ { // as nova's flow tries again: on a busy machine QEMU's monitor may be late
		t.Log(err)
		err = driver.PowerOn(ctx, guest.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	await(t, driver, guest.ID, "boots=2") // the disk kept what was written
	if err := driver.Destroy(ctx, guest.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("its folder is left: %v", err)
	}
}

func await(t *testing.T, driver *Driver, id, text string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		console, err := driver.ConsoleOutput(t.Context(), id, -1)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(console, []byte(text)) {
			return string(console)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%q never came:\n%s", text, console)
		}
	}
}

func killDaemon(t *testing.T, driver *Driver) {
	t.Helper()
	pid, err := os.ReadFile(filepath.Join(filepath.Dir(driver.Socket), "libvirtd.pid"))
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("kill", "-KILL", strings.TrimSpace(string(pid))).CombinedOutput(); err != nil {
		t.Fatalf("%s", out)
	}
	<-driver.conn.Disconnected()
}

func restartDaemon(t *testing.T, driver *Driver, netNS string) {
	t.Helper()
	again, err := daemon.Start(t.Context(), daemon.Options{StateDir: filepath.Dir(filepath.Dir(driver.Socket)), NetNS: netNS,
		Hostname: "hv-test", HostUUID: "0f1a2b3c-4d5e-6789-aaaa-bbbbbbbbbbbb"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := again.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
}
