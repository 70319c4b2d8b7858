package daemon

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func options(t *testing.T) Options {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("not root")
	}
	if missing := Missing(); len(missing) > 0 {
		t.Skipf("packages are missing: %v", missing)
	}
	name := "cumulet-test-" + strings.ToLower(strings.ReplaceAll(t.Name(), "/", "-"))
	// left by a run that was killed
	_ = exec.Command("ip", "netns", "delete", name).Run()
	if out, err := exec.Command("ip", "netns", "add", name).CombinedOutput(); err != nil {
		t.Skipf("no network namespaces: %s", out)
	}
	state := filepath.Join(t.TempDir(), strings.Repeat("long", 20), "libvirt")
	t.Cleanup(func() {
		if _, err := sweep(context.Background(), state, func(process) bool { return true }); err != nil {
			t.Error(err)
		}
		if out, err := exec.Command("ip", "netns", "delete", name).CombinedOutput(); err != nil {
			t.Errorf("%s", out)
		}
	})
	return Options{StateDir: state, NetNS: name, Hostname: "hv-test", HostUUID: "0f1a2b3c-4d5e-6789-aaaa-bbbbbbbbbbbb"}
}

func pids(t *testing.T, o Options) map[string]int {
	t.Helper()
	all, err := processes(o.StateDir)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, p := range all {
		if p.isDaemon() { // not what they run for a moment, as dmidecode
			found[p.program] = p.pid
		}
		p.close()
	}
	return found
}

func TestDaemonsAreAdoptedRevivedAndStopped(t *testing.T) {
	t.Parallel()
	o := options(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	d, err := Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	first := pids(t, o)
	if len(first) != 2 || first["libvirtd"] == 0 || first["virtlogd"] == 0 {
		t.Fatalf("there run %v", first)
	}
	if _, err := Start(ctx, o); err != nil {
		t.Fatal(err)
	}
	if again := pids(t, o); again["libvirtd"] != first["libvirtd"] || again["virtlogd"] != first["virtlogd"] {
		t.Errorf("%v were not adopted but are %v", first, again)
	}
	if n, err := sweep(ctx, o.StateDir, func(p process) bool { return p.leader && p.program == "libvirtd" }); n != 1 || err != nil {
		t.Fatalf("%d libvirtd ended, %v", n, err)
	}
	second, err := Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	if again := pids(t, o); again["libvirtd"] == 0 || again["libvirtd"] == first["libvirtd"] || again["virtlogd"] != first["virtlogd"] {
		t.Errorf("after the end of libvirtd there run %v, before %v", again, first)
	}
	for range 2 {
		if err := second.Stop(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	if left := pids(t, o); len(left) != 0 {
		t.Errorf("left are %v", left)
	}
}

func TestKeepBringsBackWhatWasKilled(t *testing.T) {
	t.Parallel()
	o := options(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	d, err := Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	keeping, stop := context.WithCancel(ctx)
	kept := make(chan error, 1)
	go func() { kept <- d.Keep(keeping) }()
	for _, program := range []string{"libvirtd", "virtlogd"} {
		before := pids(t, o)
		if err := syscall.Kill(before[program], syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		tick := time.NewTicker(50 * time.Millisecond)
		for now := pids(t, o); now[program] == 0 || now[program] == before[program]; now = pids(t, o) {
			select {
			case <-tick.C:
			case <-ctx.Done():
				t.Fatalf("%s was not brought back", program)
			}
		}
		tick.Stop()
	}
	stop()
	if err := <-kept; err != nil {
		t.Error(err)
	}
	if err := d.Stop(context.WithoutCancel(ctx)); err != nil {
		t.Error(err)
	}
}

func TestDaemonsOfALostNamespaceAreReplaced(t *testing.T) {
	t.Parallel()
	o := options(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	d, err := Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	first := pids(t, o)
	for _, verb := range []string{"delete", "add"} {
		if out, err := exec.Command("ip", "netns", verb, o.NetNS).CombinedOutput(); err != nil {
			t.Fatalf("%s", out)
		}
	}
	again, err := Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	if now := pids(t, o); len(now) != 2 || now["libvirtd"] == first["libvirtd"] || now["virtlogd"] == first["virtlogd"] {
		t.Errorf("first there ran %v, now %v", first, now)
	}
	if err := again.Stop(ctx); err != nil {
		t.Error(err)
	}
	if err := d.Stop(ctx); err != nil {
		t.Error(err)
	}
}

func TestStartSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	o := options(t)
	for want, spoil := range map[string]func(*Options){
		"no hostname":       func(o *Options) { o.Hostname = "a b" },
		"no UUID":           func(o *Options) { o.HostUUID = "x\"\nauth_tcp" },
		"network namespace": func(o *Options) { o.NetNS = "cumulet-not-there" },
		"under /run":        func(o *Options) { o.StateDir = "/run/cumulet-not-there" },
	} {
		bad := o
		spoil(&bad)
		if _, err := Start(t.Context(), bad); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("wanted %q, got %v", want, err)
		}
	}
}
