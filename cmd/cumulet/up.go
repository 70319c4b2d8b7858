package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

type upCommand struct {
	Foreground bool   `help:"Stay in the foreground, for a supervisor."`
	NoDemo     bool   `help:"Leave out the demo's project, network and server."`
	NoImage    bool   `help:"Leave out the guest image."`
	Image      string `help:"The guest image to register at first start." type:"path"`
	Hosts      int    `help:"How many hypervisor hosts this machine stands for; as at the last start by default." placeholder:"N"`
	Progress   int    `hidden:"" help:"File descriptor that progress goes to."`
}

// The last line of progress says how the start ended.
const (
	progressReady  = "READY"
	progressFailed = "FAILED "
)

// Run starts the cloud: in this process with --foreground, else in one of its own, and tells how far it is.
func (u upCommand) Run(ctx context.Context, c *commands) error {
	config, err := loadConfig(c)
	if err != nil {
		return err
	}
	if u.Hosts != 0 {
		config.Hosts = u.Hosts
		if err := config.checkHosts(); err != nil {
			return fmt.Errorf("--%w", err)
		}
	}
	if err := checkMachine(config); err != nil {
		return err
	}
	d := dataDir(c.Data)
	if err := u.check(d, config); err != nil {
		return err
	}
	if u.Foreground {
		return u.foreground(ctx, c, config)
	}
	pid, err := d.running()
	if err != nil {
		return err
	}
	if pid != 0 {
		return u.alreadyUp(ctx, c, config, pid)
	}
	if err := d.create(); err != nil {
		return err
	}
	if err := u.detach(ctx, c); err != nil {
		return err
	}
	return summary(os.Stdout, c)
}

// check refuses what could only fail later.
func (u upCommand) check(d dataDir, config Config) error {
	if u.NoImage && !u.NoDemo {
		return errors.New("--no-image needs --no-demo: the demo's server boots from the image")
	}
	done, err := d.seeded()
	if err != nil {
		return err
	}
	need := int64(minRoom)
	if !u.NoImage && !done.Done["image"] {
		if _, err := guestImage(u.Image); err != nil {
			return err
		}
		need += config.Glance.ReserveBytes
	}
	if !u.NoDemo && !done.Done["server"] && config.Drivers == realDrivers {
		need = max(need, demoRoom)
	}
	free, err := d.freeBytes()
	if err == nil && free < need {
		err = fmt.Errorf("the disk of %s has %d MiB free, and this start needs %d: make room, name another folder with CUMULET_DATA or --data, or leave something out with --no-demo and --no-image", d, free>>20, need>>20)
	}
	return err
}

// What a start needs of the disk: always, and to boot the demo's server.
const (
	minRoom  = 64 << 20
	demoRoom = 2 << 30
)

// withDemo tells whether the cloud has the demo's account: one that was made once stays.
func (u upCommand) withDemo(d dataDir) bool {
	if !u.NoDemo {
		return true
	}
	_, err := os.Stat(d.openrc("demo"))
	return err == nil
}

// alreadyUp shows the cloud that runs, once it is up.
func (u upCommand) alreadyUp(ctx context.Context, c *commands, config Config, pid int) error {
	d := dataDir(c.Data)
	if !d.isReady(pid) {
		fmt.Printf("The cloud is being started already (process %d): waiting for it.\n", pid)
	}
	turn := time.NewTicker(200 * time.Millisecond)
	defer turn.Stop()
	for !d.isReady(pid) {
		select {
		case <-turn.C:
		case <-ctx.Done():
			return fmt.Errorf("not waited for: the start goes on in process %d; `cumulet down` stops it", pid)
		}
		if now, err := d.running(); err != nil || now != pid {
			return errors.Join(err, fmt.Errorf("that start failed: see the end of %s", d.log()))
		}
	}
	fmt.Printf("The cloud is up (process %d).\n", pid)
	if done, err := d.seeded(); err == nil && !u.NoDemo && !done.Done["login"] {
		fmt.Println("It runs without the demo: `cumulet down` and `cumulet up` add it.")
	}
	if known := len(d.knownHosts()); config.Drivers == realDrivers && known != config.Hosts {
		fmt.Printf("It stands for %s: `cumulet down` and `cumulet up --hosts %d` change that.\n", hostsInWords(known), config.Hosts)
	}
	fmt.Println()
	return summary(os.Stdout, c)
}

// foreground runs the cloud in this process; progress goes to standard output or where the detaching process listens.
func (u upCommand) foreground(ctx context.Context, c *commands, config Config) error {
	var progress, log io.Writer = os.Stdout, os.Stderr
	if u.Progress > 0 {
		f := os.NewFile(uintptr(u.Progress), "progress")
		defer f.Close()
		file := &logFile{path: dataDir(c.Data).log(), max: int64(config.Log.MaxSize), keep: config.Log.Keep, outputs: []int{1, 2}}
		if err := file.open(); err != nil {
			return err
		}
		defer file.Close()
		progress, log = f, file
	}
	say := func(format string, args ...any) { fmt.Fprintf(progress, format+"\n", args...) }
	err := runCloud(ctx, dataDir(c.Data), config, u, log, say)
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
	if u.Hosts != 0 {
		args = append(args, "--hosts", strconv.Itoa(u.Hosts))
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
	err = follow(read, os.Stdout, log.Name())
	if ctx.Err() != nil && err != nil {
		return errors.New("interrupted: what was begun is stopped again, and the next `cumulet up` goes on from there")
	}
	return err
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
			return fmt.Errorf("the start failed: %s\nThe log is %s. What is half made is taken up by the next `cumulet up`, or forgotten by `cumulet wipe`", why, log)
		}
		fmt.Fprintf(out, "%6.1f s  %s\n", time.Since(began).Seconds(), line)
	}
	return fmt.Errorf("the cloud's process ended before it was up: see the end of %s, and try again", log)
}

// summary prints where everything is.
func summary(w io.Writer, c *commands) error {
	d := dataDir(c.Data)
	admin, err := readAccount(d.openrc("admin"))
	if err != nil {
		return err
	}
	rows := [][2]string{
		{"API", admin.gateway()},
		{"clouds.yaml", d.clouds() + "  (cumulet, cumulet-admin)"},
		{"openrc", d.openrc("admin")},
		{"log", d.log()},
	}
	if _, err := os.Stat(d.openrc("demo")); err == nil {
		rows[2][1] += ", " + d.openrc("demo")
		rows = append(rows, [2]string{"demo key", d.demoKey()}, [2]string{"log in", c.words() + " ssh hello"})
	}
	rows = append(rows, [2]string{"client", "export OS_CLIENT_CONFIG_FILE=" + d.clouds() + " OS_CLOUD=cumulet; openstack server list"})
	for _, r := range rows {
		if _, err := fmt.Fprintf(w, "%-12s %s\n", r[0], r[1]); err != nil {
			return err
		}
	}
	return nil
}
