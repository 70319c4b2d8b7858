package flow

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// Owner is a runner's name that tells others of the same machine later whether this process still lives: a runner made with
// it takes over at once what a dead process held, instead of waiting for its lease. The host is the one that this machine is
// in the cloud. It reads "host:1234:98765:4026531836:<boot id>"; where the machine does not tell so much, "host:1234".
func Owner(host string) string { return ownerIn(host, os.Getpid(), "/proc").String() }

// KnownDead tells whether the process self, named by Owner, can know that the process other has died; see knowsDead.
func KnownDead(self, other string) bool { return knowsDead(self, other, "/proc") }

// owner is a name made by Owner.
type owner struct {
	host    string
	pid     int
	started string // when, in clock ticks since the boot: a process number used again is another process
	space   string // the process namespace in which the number means something
	boot    string // the machine's boot
}

func (o owner) String() string {
	name := fmt.Sprintf("%s:%d", o.host, o.pid)
	if o.boot == "" {
		return name
	}
	return strings.Join([]string{name, o.started, o.space, o.boot}, ":")
}

// ownerIn describes a process by what a proc file system tells.
func ownerIn(host string, pid int, proc string) owner {
	o := owner{host: host, pid: pid}
	boot, err1 := os.ReadFile(proc + "/sys/kernel/random/boot_id")
	space, err2 := os.Readlink(proc + "/self/ns/pid")
	started, err3 := startOf(pid, proc)
	if errors.Join(err1, err2, err3) != nil {
		return o
	}
	o.boot, o.started = strings.TrimSpace(string(boot)), started
	o.space = strings.Trim(strings.TrimPrefix(space, "pid:"), "[]")
	return o
}

// parseOwner reads a name; false for one that tells of no process.
func parseOwner(name string) (owner, bool) {
	parts := strings.Split(name, ":")
	if len(parts) != 5 {
		return owner{}, false
	}
	pid, err := strconv.Atoi(parts[1])
	return owner{host: parts[0], pid: pid, started: parts[2], space: parts[3], boot: parts[4]}, err == nil && pid > 0
}

// knowsDead tells whether a runner of one name can know that the process of the other has died: the host was booted since,
// or there is no such process on this machine any more. Of other machines nothing is known.
func knowsDead(self, other, proc string) bool {
	mine, ok := parseOwner(self)
	their, known := parseOwner(other)
	switch {
	case !ok || !known || self == other:
		return false
	case mine.boot != their.boot:
		return mine.host == their.host
	case mine.space != their.space:
		return false
	}
	started, err := startOf(their.pid, proc)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return true
	}
	return err == nil && started != their.started
}

// startOf is the 22nd field of a process's stat (proc_pid_stat(5)); the second, the program's name, may hold anything. A
// zombie is dead: it works on nothing.
func startOf(pid int, proc string) (string, error) {
	stat, err := os.ReadFile(fmt.Sprintf("%s/%d/stat", proc, pid))
	if err != nil {
		return "", err
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	const state, start = 3 - 3, 22 - 3
	if len(fields) <= start {
		return "", fmt.Errorf("process %d: %q is no stat", pid, stat)
	}
	if fields[state] == "Z" || fields[state] == "X" {
		return "", fs.ErrNotExist
	}
	return fields[start], nil
}
