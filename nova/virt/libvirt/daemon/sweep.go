package daemon

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"
)

// Sweep ends the guests' QEMU processes that run on a state folder, at once, and returns how many there were. It is
// for a host that is being cleared: libvirtd, if it runs, takes it for a crash of each.
func Sweep(ctx context.Context, stateDir string) (int, error) {
	return sweep(ctx, stateDir, func(p process) bool { return p.isGuest() })
}

// sweepStrays ends what runs on the state folder in another network namespace than netNS: one that was removed and
// made anew, whose devices nobody reaches any more.
func sweepStrays(ctx context.Context, stateDir string, netNS os.FileInfo) error {
	_, err := sweep(ctx, stateDir, func(p process) bool { return !os.SameFile(p.netNS, netNS) })
	return err
}

func (p process) isGuest() bool { return strings.HasPrefix(p.program, "qemu-system-") }

func sweep(ctx context.Context, stateDir string, chosen func(process) bool) (int, error) {
	all, err := processes(stateDir)
	if err != nil {
		return 0, err
	}
	var count int
	var errs []error
	for _, p := range all {
		if chosen(p) {
			errs = append(errs, p.end(ctx, 2*time.Second))
			count++
		}
		p.close()
	}
	return count, errors.Join(errs...)
}
