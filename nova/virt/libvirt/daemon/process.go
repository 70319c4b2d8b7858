package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// process is a running process, held by a descriptor so that its number cannot come to mean another one.
type process struct {
	pid     int
	fd      int
	program string // the base name of its executable
	leader  bool   // of its session, as the daemons are, and what libvirtd forks is not
	netNS   os.FileInfo
}

// named tells whether the process bears a daemon's name, isDaemon whether it is one.
func (p process) named() bool    { return p.program == "libvirtd" || p.program == "virtlogd" }
func (p process) isDaemon() bool { return p.named() && p.leader }

func (p process) close() { unix.Close(p.fd) }

// processes finds what runs on the state folder: daemons, guests and their helpers. The caller closes them.
func processes(stateDir string) ([]process, error) {
	home, err := os.Stat(filepath.Join(stateDir, "lib"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var found []process
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if p, ok := look(pid, home); ok {
			found = append(found, p)
		}
	}
	return found, nil
}

// look opens process pid if it sees home at /var/lib/libvirt. A process that goes away meanwhile is none.
func look(pid int, home os.FileInfo) (process, bool) {
	proc := fmt.Sprintf("/proc/%d/", pid)
	seen, err := os.Stat(proc + "root/var/lib/libvirt")
	if err != nil || !os.SameFile(seen, home) {
		return process{}, false
	}
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return process{}, false
	}
	session, err := unix.Getsid(pid)
	p := process{pid: pid, fd: fd, leader: err == nil && session == pid}
	// Now that the number is held: is it still the one that was seen?
	seen, err = os.Stat(proc + "root/var/lib/libvirt")
	exe, exeErr := os.Readlink(proc + "exe")
	p.netNS, _ = os.Stat(proc + "ns/net")
	if err != nil || exeErr != nil || p.netNS == nil || !os.SameFile(seen, home) {
		p.close()
		return process{}, false
	}
	p.program = filepath.Base(strings.TrimSuffix(exe, " (deleted)"))
	return p, true
}

// end asks the process to end, kills it after grace or when ctx ends, and returns when it is gone.
func (p process) end(ctx context.Context, grace time.Duration) error {
	if gone, err := p.signal(unix.SIGTERM); gone || err != nil {
		return err
	}
	patient, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	if gone, err := p.wait(patient); gone || err != nil {
		return err
	}
	if gone, err := p.signal(unix.SIGKILL); gone || err != nil {
		return err
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	gone, err := p.wait(last)
	if err == nil && !gone {
		err = fmt.Errorf("process %d (%s) does not die", p.pid, p.program)
	}
	return err
}

// signal reports whether the process was gone already.
func (p process) signal(signal unix.Signal) (gone bool, err error) {
	err = unix.PidfdSendSignal(p.fd, signal, nil, 0)
	if errors.Is(err, unix.ESRCH) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("signal process %d (%s): %w", p.pid, p.program, err)
	}
	return false, nil
}

// wait reports whether the process went before ctx ended.
func (p process) wait(ctx context.Context) (gone bool, err error) {
	for ctx.Err() == nil {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(p.fd), Events: unix.POLLIN}}, 50)
		if n > 0 {
			return true, nil
		}
		if err != nil && !errors.Is(err, unix.EINTR) {
			return false, fmt.Errorf("wait for process %d (%s): %w", p.pid, p.program, err)
		}
	}
	return false, nil
}
