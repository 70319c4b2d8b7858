package chaos

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"cumulet/oslo/service/servicetest"
	"cumulet/test/cloud"
)

// site is a cloud whose processes are started again when they die.
type site struct {
	t      *testing.T
	binary string
	url    string
	data   string
	orders string // the breakers' folder
	guest  string // the file of the image that guests boot; "" where they are fake
	env    []string
	cloud  *cloud.Cloud

	processes []*process
	stopping  context.CancelFunc
	all       sync.WaitGroup
}

// process is one of them.
type process struct {
	name  string
	args  []string
	env   []string
	ready string // where it tells that it serves

	mu     sync.Mutex
	deaths int
	cmd    *exec.Cmd
}

// patience bounds every wait, generously: the machine may be busy with much else.
const patience = 90 * time.Second

// quick makes a cloud notice within seconds what otherwise takes it a minute.
func quick() []string {
	return []string{
		"CUMULET_DRIVERS=fake", "CUMULET_KEYSTONE_PASSWORD_HASH_ROUNDS=4", "CUMULET_DRAIN_TIMEOUT=1s",
		"CUMULET_GLANCE_UPLOAD_LEASE=3s", "CUMULET_GLANCE_RECONCILE_EVERY=1s",
		"CUMULET_NOVA_REPORT_INTERVAL=1s", "CUMULET_NOVA_SYNC_POWER_STATE_INTERVAL=2s", "CUMULET_NOVA_VIF_PLUGGING_TIMEOUT=30s",
	}
}

// newSite is a cloud in a folder of its own, not yet started.
func newSite(t *testing.T) *site {
	t.Helper()
	address := servicetest.Address(t)
	s := &site{t: t, binary: binary(t), url: "http://" + address, data: t.TempDir(), orders: t.TempDir()}
	s.env = append([]string{"CUMULET_DATA=" + s.data, "CUMULET_LISTEN=" + address, "CUMULET_CHAOS=" + s.orders}, quick()...)
	s.cloud = cloud.Attach(t, s.binary, s.url, s.data, 20*time.Second, s.env...)
	return s
}

// needGuest gives the file of the guest image, and skips the test where real guests cannot be.
func needGuest(t *testing.T) string {
	t.Helper()
	guest := os.Getenv("CHAOS_GUEST")
	if guest == "" {
		t.Skip("CHAOS_GUEST names no guest image: make chaos does")
	}
	if os.Geteuid() != 0 {
		t.Skip("needs root: namespaces and guests are made")
	}
	return guest
}

// real has the guests and wires be real.
func (s *site) real(guest string) {
	s.guest = guest
	s.env = append(s.env, "CUMULET_DRIVERS=real", "CUMULET_NOVA_SHUTDOWN_TIMEOUT=2s")
}

// onThisMachine is a cloud in one process whose guests and wires are real.
func onThisMachine(t *testing.T) *site {
	guest := needGuest(t)
	s := newSite(t)
	s.real(guest)
	s.add("cumulet", "up", "--foreground", "--no-demo", "--no-image")
	s.start()
	return s
}

// inOne is a cloud in one process, whose roles meet in memory.
func inOne(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	s.add("cumulet", "up", "--foreground", "--no-demo", "--no-image")
	s.start()
	return s
}

func (s *site) add(name string, args ...string) {
	s.processes = append(s.processes, &process{
		name: name, args: args, env: append(slices.Clone(s.env), "CUMULET_CHAOS_PROCESS="+name), ready: s.url + "/readyz",
	})
}

// start starts all processes under supervision and waits until they serve.
func (s *site) start() {
	s.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	s.stopping = stop
	s.t.Cleanup(s.stop)
	for _, p := range s.processes {
		s.all.Go(func() { s.supervise(ctx, p) })
	}
	s.ready()
}

// supervise starts a process again whenever it dies, as systemd would.
func (s *site) supervise(ctx context.Context, p *process) {
	runtime.LockOSThread() // Pdeathsig is told of the end of the thread that starts the process
	log, err := os.OpenFile(filepath.Join(s.data, p.name+".out"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		s.t.Error(err)
		return
	}
	defer log.Close()
	for ctx.Err() == nil {
		cmd := exec.Command(s.binary, p.args...)
		cmd.Env = append(os.Environ(), p.env...)
		cmd.Stdout, cmd.Stderr = log, log
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		if err := cmd.Start(); err != nil {
			s.t.Error(err)
			return
		}
		p.started(cmd)
		stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Signal(syscall.SIGTERM) })
		err := cmd.Wait()
		stop()
		fmt.Fprintf(log, "--- %s ended: %v\n", p.name, err)
		p.died()
	}
}

// logs prints the end of what each process wrote.
func (s *site) logs() {
	for _, p := range s.processes {
		text, err := os.ReadFile(filepath.Join(s.data, p.name+".out"))
		if err != nil {
			s.t.Log(err)
			continue
		}
		s.t.Logf("the end of %s:\n%s", p.name, text[max(0, len(text)-4000):])
	}
}

func (p *process) started(cmd *exec.Cmd) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cmd = cmd
}

func (p *process) died() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deaths++
	p.cmd = nil
}

// stop ends the cloud and what it left on the host.
func (s *site) stop() {
	s.stopping()
	done := make(chan struct{})
	go func() { s.all.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(patience):
		for _, p := range s.processes {
			p.mu.Lock()
			if p.cmd != nil {
				_ = p.cmd.Process.Kill()
			}
			p.mu.Unlock()
		}
		<-done
		s.t.Error("the cloud did not stop by itself")
	}
	s.cloud.Command(s.t, "wipe")
}

// ready waits until all roles serve.
func (s *site) ready() {
	s.t.Helper()
	for _, p := range s.processes {
		if err := s.wait(p.serves); err != nil {
			s.logs()
			s.t.Fatalf("%s serves: not within %s: %v", p.name, patience, err)
		}
	}
}

// until waits for a condition; what it says last is why it does not hold.
func (s *site) until(what string, holds func() error) {
	s.t.Helper()
	if err := s.wait(holds); err != nil {
		s.t.Fatalf("%s: not within %s: %v", what, patience, err)
	}
}

func (s *site) wait(holds func() error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := holds()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}

// binary is the program with the tag chaos: the one that CUMULET_CHAOS_BINARY names, else it is built.
func binary(t *testing.T) string {
	t.Helper()
	if named := os.Getenv("CUMULET_CHAOS_BINARY"); named != "" {
		return named
	}
	built, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return built
}

// build builds it once.
var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "chaos")
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "cumulet")
	out, err := exec.Command("go", "build", "-tags", "chaos", "-o", name, "cumulet/cmd/cumulet").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("build the binary: %w\n%s", err, out)
	}
	return name, err
})
