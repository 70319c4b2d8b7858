package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

type upCommand struct {
	Foreground bool   `help:"Stay in the foreground, for a supervisor."`
	NoDemo     bool   `help:"Leave out the demo's project, network and server."`
	NoImage    bool   `help:"Leave out the guest image."`
	Image      string `help:"The guest image to register at first start." type:"path"`
	Progress   int    `hidden:"" help:"File descriptor that progress goes to."`
}

// The last line of progress says how the start ended.
const (
	progressReady  = "READY"
	progressFailed = "FAILED "
)

// Run starts the cloud: in this process with --foreground, else in one of its own, and tells how far it is.
func (u upCommand) Run(ctx context.Context, c *commands) error {
	d := dataDir(c.Data)
	if err := checkMachine(d); err != nil {
		return err
	}
	if u.Foreground {
		return u.foreground(ctx, c)
	}
	if pid := d.running(); pid != 0 {
		fmt.Printf("The cloud is already up (process %d).\n\n", pid)
		return summary(os.Stdout, d)
	}
	if err := d.create(); err != nil {
		return err
	}
	if err := u.detach(ctx, c); err != nil {
		return err
	}
	return summary(os.Stdout, d)
}

// foreground runs the cloud in this process; progress goes to standard output or where the detaching process listens.
func (u upCommand) foreground(ctx context.Context, c *commands) error {
	var progress io.Writer = os.Stdout
	if u.Progress > 0 {
		f := os.NewFile(uintptr(u.Progress), "progress")
		defer f.Close()
		progress = f
	}
	say := func(format string, args ...any) { fmt.Fprintf(progress, format+"\n", args...) }
	err := runCloud(ctx, c, u, say)
	if err != nil && u.Progress > 0 {
		say("%s%s", progressFailed, strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return err
}

// detach starts this program anew, in a session of its own with its output in the log, and follows its progress until it
// serves or fails.
func (u upCommand) detach(ctx context.Context, c *commands) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	log, err := os.OpenFile(dataDir(c.Data).log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer read.Close()
	args := []string{"--data", c.Data, "up", "--foreground", "--progress", "3"}
	if c.Config != "" {
		args = append([]string{"--config", c.Config}, args...)
	}
	if u.NoDemo {
		args = append(args, "--no-demo")
	}
	if u.NoImage {
		args = append(args, "--no-image")
	}
	if u.Image != "" {
		args = append(args, "--image", u.Image)
	}
	cloud := exec.Command(self, args...) // not bound to ctx: it outlives this process
	cloud.Stdout, cloud.Stderr, cloud.Dir = log, log, "/"
	cloud.ExtraFiles = []*os.File{write}
	cloud.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cloud.Start(); err != nil {
		return errors.Join(err, write.Close())
	}
	_ = write.Close() // the cloud has its own
	stop := context.AfterFunc(ctx, func() { _ = cloud.Process.Signal(syscall.SIGTERM) })
	defer stop()
	return follow(read, os.Stdout, log.Name())
}

// follow prints progress, each step with the time it took, until its last line.
func follow(progress io.Reader, out io.Writer, log string) error {
	began := time.Now()
	lines := bufio.NewScanner(progress)
	for lines.Scan() {
		line := lines.Text()
		if line == progressReady {
			fmt.Fprintf(out, "Up after %.1f s.\n\n", time.Since(began).Seconds())
			return nil
		}
		if why, failed := strings.CutPrefix(line, progressFailed); failed {
			return fmt.Errorf("the start failed: %s\nIts log is %s; what is half made is mended by the next `cumulet up`", why, log)
		}
		fmt.Fprintf(out, "%6.1f s  %s\n", time.Since(began).Seconds(), line)
	}
	return fmt.Errorf("the cloud's process ended before it was up: see the end of %s", log)
}

// summary prints where everything is.
func summary(w io.Writer, d dataDir) error {
	admin, err := readAccount(d.openrc("admin"))
	if err != nil {
		return err
	}
	rows := [][2]string{
		{"API", strings.TrimSuffix(admin.AuthURL, "/identity/v3")},
		{"clouds.yaml", d.clouds() + "  (cumulet, cumulet-admin)"},
		{"openrc", d.openrc("admin")},
		{"log", d.log()},
	}
	if _, err := os.Stat(d.openrc("demo")); err == nil {
		rows[2][1] += ", " + d.openrc("demo")
		rows = append(rows, [2]string{"demo key", d.demoKey()}, [2]string{"log in", "bin/cumulet ssh hello"})
	}
	rows = append(rows, [2]string{"client", "export OS_CLIENT_CONFIG_FILE=" + d.clouds() + " OS_CLOUD=cumulet; openstack server list"})
	for _, r := range rows {
		if _, err := fmt.Fprintf(w, "%-12s %s\n", r[0], r[1]); err != nil {
			return err
		}
	}
	return nil
}

type downCommand struct{}

// Run stops the cloud's process and waits for it; where it died before, it clears away what it left.
func (downCommand) Run(ctx context.Context, c *commands) error {
	d := dataDir(c.Data)
	if err := stopProcess(ctx, d); err != nil {
		return err
	}
	return clearHost(ctx, c)
}

type wipeCommand struct{}

// Run stops the cloud and removes its data.
func (w wipeCommand) Run(ctx context.Context, c *commands) error {
	if err := (downCommand{}).Run(ctx, c); err != nil {
		return err
	}
	return removeData(dataDir(c.Data))
}

// stopTimeout bounds how long guests and requests get to end.
const stopTimeout = 2 * time.Minute

// stopProcess asks the running process to stop and waits until it let go of its lock.
func stopProcess(ctx context.Context, d dataDir) error {
	pid := d.running()
	if pid == 0 {
		return nil
	}
	fmt.Printf("Stopping the cloud (process %d).\n", pid)
	process, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	if err := process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop process %d (are you root?): %w", pid, err)
	}
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	if err := d.waitUnlocked(ctx); err != nil {
		return fmt.Errorf("process %d did not stop within %s: see the end of %s", pid, stopTimeout, d.log())
	}
	return nil
}
