package daemon

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

//go:embed enter.sh
var enterScript string

// Options say where and as whom the daemons run.
type Options struct {
	// StateDir is theirs alone, made when missing. It must not lie under /run.
	StateDir string
	// NetNS is the network namespace they and the guests' tap devices live in: a name that "ip netns" knows, or an
	// absolute path; "" is this process's own.
	NetNS string
	// Hostname is what libvirt calls this host, HostUUID what tells it from others (always the same for one StateDir).
	Hostname string
	HostUUID string
	Log      *slog.Logger // nil: none
}

// Daemon is a running pair of libvirtd and virtlogd.
type Daemon struct {
	options  Options
	children sync.WaitGroup // waits for those of them that this process started
}

// daemons are the two, with the sockets that they answer on, in the order of starting.
var daemons = [...]struct{ program, socket string }{{"virtlogd", "virtlogd-sock"}, {"libvirtd", "libvirt-sock"}}

var (
	hostnameForm = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$`)
	uuidForm     = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
)

// Start adopts the daemons that run on StateDir, and starts those that do not. It returns when libvirtd answers.
// Start is idempotent: called again it brings back what died meanwhile.
func Start(ctx context.Context, options Options) (*Daemon, error) {
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	var err error
	if options.StateDir, err = filepath.Abs(options.StateDir); err != nil {
		return nil, err
	}
	d := &Daemon{options: options}
	return d, d.bring(ctx)
}

// bring brings about what Start promises.
func (d *Daemon) bring(ctx context.Context) error {
	options := d.options
	if err := options.check(); err != nil {
		return err
	}
	netNS, err := os.Stat(options.netNSPath())
	if err != nil {
		return fmt.Errorf("network namespace %q: %w", options.NetNS, err)
	}
	if err := sweepStrays(ctx, options.StateDir, netNS); err != nil {
		return fmt.Errorf("end what runs in a lost network namespace: %w", err)
	}
	running, err := programs(options.StateDir)
	if err != nil {
		return err
	}
	if len(running) == 0 {
		// libvirtd believes the process numbers that it finds here; after a reboot of the host they are others'.
		if err := os.RemoveAll(filepath.Join(options.StateDir, "run")); err != nil {
			return err
		}
	}
	if err := options.prepare(); err != nil {
		return fmt.Errorf("prepare %s: %w", options.StateDir, err)
	}
	for _, each := range daemons {
		if err := d.ensure(ctx, each.program, each.socket, slices.Contains(running, each.program)); err != nil {
			return fmt.Errorf("start %s: %w", each.program, err)
		}
	}
	return nil
}

func (o Options) check() error {
	if os.Geteuid() != 0 {
		return errors.New("libvirtd needs root: run cumulet as root")
	}
	if missing := Missing(); len(missing) > 0 {
		return fmt.Errorf("these Debian packages are missing: %s (apt-get install --no-install-recommends them)", strings.Join(missing, " "))
	}
	if strings.HasPrefix(o.StateDir, "/run/") {
		return fmt.Errorf("the state folder %s must not lie under /run", o.StateDir)
	}
	if !hostnameForm.MatchString(o.Hostname) {
		return fmt.Errorf("%q is no hostname", o.Hostname)
	}
	if !uuidForm.MatchString(o.HostUUID) {
		return fmt.Errorf("%q is no UUID for the host", o.HostUUID)
	}
	return nil
}

func (o Options) netNSPath() string {
	switch {
	case o.NetNS == "":
		return "/proc/self/ns/net"
	case filepath.IsAbs(o.NetNS):
		return o.NetNS
	}
	return filepath.Join("/run/netns", o.NetNS)
}

// programs names what runs on the state folder. A daemon's child between fork and exec bears the daemon's name, and may outlive
// it for a moment: it is none.
func programs(stateDir string) ([]string, error) {
	all, err := processes(stateDir)
	var names []string
	for _, p := range all {
		if p.isDaemon() || !p.named() {
			names = append(names, p.program)
		}
		p.close()
	}
	return names, err
}

// Socket is the path of libvirtd's socket; it may be longer than what connect(2) takes, see Dialer.
func (d *Daemon) Socket() string { return filepath.Join(d.options.StateDir, "run", "libvirt-sock") }

// Stop ends libvirtd and virtlogd; guests run on, but what they say on their consoles from now on is lost.
func (d *Daemon) Stop(ctx context.Context) error {
	err := Stop(ctx, d.options.StateDir)
	d.children.Wait()
	return err
}

// Stop ends the libvirtd and virtlogd that run on a state folder, whoever started them.
func Stop(ctx context.Context, stateDir string) error {
	for _, program := range []string{"libvirtd", "virtlogd"} {
		if _, err := sweep(ctx, stateDir, func(p process) bool { return p.program == program }); err != nil {
			return fmt.Errorf("stop %s: %w", program, err)
		}
	}
	return nil
}

// ensure starts program unless it runs, and waits until it answers on its socket.
func (d *Daemon) ensure(ctx context.Context, program, socket string, runs bool) error {
	died := make(chan error, 1)
	if runs {
		d.options.Log.Info("adopted", "program", program)
	} else if err := d.launch(program, died); err != nil {
		return err
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := dial(filepath.Join(d.options.StateDir, "run", socket))
		if err == nil {
			return conn.Close()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("it does not answer: %w", errors.Join(ctx.Err(), err))
		case err := <-died:
			return fmt.Errorf("it ended at once (%w); its last words: %s", err, d.lastWords(program))
		}
	}
}

// launch starts program in its namespaces. What it says goes to a file; its end is sent to died.
func (d *Daemon) launch(program string, died chan<- error) error {
	o := d.options
	out, err := os.OpenFile(filepath.Join(o.StateDir, "log", program+".out"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer out.Close()
	cmd := exec.Command("nsenter", "--net="+o.netNSPath(), "--",
		"unshare", "--mount", "--uts", "--propagation", "private", "--",
		"sh", "-c", enterScript, "cumulet-enter", o.StateDir, o.Hostname, strconv.FormatBool(KVM()),
		"/usr/sbin/"+program, "--pid-file", "/run/libvirt/"+program+".pid")
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // a terminal's end is not theirs
	if err := cmd.Start(); err != nil {
		return err
	}
	o.Log.Info("started", "program", program, "pid", cmd.Process.Pid)
	d.children.Go(func() {
		err := cmd.Wait()
		if err == nil {
			err = errors.New("exit status 0")
		}
		died <- err
	})
	return nil
}

func (d *Daemon) lastWords(program string) string {
	text, err := os.ReadFile(filepath.Join(d.options.StateDir, "log", program+".out"))
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(text[max(0, len(text)-1000):]))
}

// Dialer connects to libvirtd, as go-libvirt's socket.Dialer.
type Dialer struct {
	Socket string // a path of any length
}

// Dial connects.
func (d Dialer) Dial() (net.Conn, error) { return dial(d.Socket) }

// dial goes through the folder's descriptor, since a socket's address holds 107 bytes and paths may be longer.
func dial(path string) (net.Conn, error) {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	return net.DialTimeout("unix", fmt.Sprintf("/proc/self/fd/%d/%s", folder.Fd(), filepath.Base(path)), 15*time.Second)
}
