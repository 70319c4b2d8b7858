package qemuimg

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"cumulet/oslo/format"
)

// Name is QEMU's name of a format; "" for one that no disk is of.
func Name(f format.Format) string {
	switch f {
	case format.Raw, format.AMI, format.ISO:
		return "raw"
	case format.VHD:
		return "vpc"
	case format.Ploop:
		return "parallels"
	case format.QCOW2, format.VMDK, format.VDI, format.VHDX:
		return string(f)
	}
	return ""
}

// What a run may take at most; as nova/virt/images.py, QEMU_IMG_LIMITS, with the time that a conversion may need.
const (
	memory      = 1 << 30
	stack       = 2 << 20 // of each of its threads, of which there may be 64: the usual 8 MiB would be half of the memory
	lookTime    = 30 * time.Second
	convertTime = 30 * time.Minute
)

// limits are a run's, in prlimit's words.
func limits(processor time.Duration, output int64) []string {
	return []string{
		fmt.Sprintf("--as=%d", memory), fmt.Sprintf("--stack=%d", stack), fmt.Sprintf("--cpu=%d", int(processor.Seconds())), fmt.Sprintf("--fsize=%d", output), "--core=0",
		"--", "/usr/bin/qemu-img",
	}
}

// handed is how a file that a run is given open is named to it, by its place.
func handed(n int) string { return "/dev/fd/" + strconv.Itoa(3+n) }

// Refused is what qemu-img says of bits that it does not take.
type Refused struct{ Said string }

func (r Refused) Error() string { return "qemu-img: " + r.Said }

// Larger tells whether QEMU takes a disk for larger than its header says; it counts in sectors.
func Larger(found, judged int64) bool { return found > (judged+511)&^511 }

// Size reads how large the disk in a file is. An image that reaches for another file is an error.
func Size(ctx context.Context, file *os.File, f format.Format) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	out, err := run(ctx, limits(lookTime, 0), []*os.File{file}, "info", "--force-share", "--output=json", "-f", Name(f), handed(0))
	if err != nil {
		return 0, err
	}
	var info struct {
		Format      string `json:"format"`
		VirtualSize int64  `json:"virtual-size"`
		Backing     string `json:"backing-filename"`
		Specific    struct {
			Data struct {
				DataFile string `json:"data-file"`
				Extents  []struct {
					Filename string `json:"filename"`
				} `json:"extents"`
			} `json:"data"`
		} `json:"format-specific"`
	}
	if err := json.Unmarshal(out, &info); err != nil {
		return 0, fmt.Errorf("read what qemu-img says: %w", err)
	}
	for _, e := range info.Specific.Data.Extents {
		if e.Filename != handed(0) {
			return 0, Refused{"it has a foreign extent"}
		}
	}
	switch {
	case info.Format != Name(f):
		return 0, Refused{"it is " + info.Format}
	case info.Backing != "":
		return 0, Refused{"it has a backing file"}
	case info.Specific.Data.DataFile != "":
		return 0, Refused{"it has a data file"}
	}
	return info.VirtualSize, nil
}

// Convert writes the disk in a file of a format to another, which is empty, as one of so many bytes at most.
func Convert(ctx context.Context, from *os.File, f format.Format, to *os.File, as format.Format, most int64) error {
	back, err := Lend(to)
	if err != nil {
		return err
	}
	args := []string{"convert", "-f", Name(f), "-O", Name(as)}
	if as == format.VMDK { // the one kind that is a single file and names no other
		args = append(args, "-o", "subformat=streamOptimized")
	}
	_, err = run(ctx, limits(convertTime, most), []*os.File{from, to}, append(args, handed(0), handed(1))...)
	return errors.Join(err, back())
}

// Lend gives a file to the user that qemu-img runs as, for which it need be nobody else's to read; back takes it again. What is
// everybody's to read needs it not.
func Lend(file *os.File) (back func() error, err error) {
	if os.Geteuid() != 0 {
		return func() error { return nil }, nil
	}
	owner := nobody()
	if err := file.Chown(int(owner.Uid), int(owner.Gid)); err != nil {
		return nil, err
	}
	return func() error { return file.Chown(0, 0) }, nil
}

// Overlay makes a disk of a size at path, over a base of QEMU's name of a format. -u: the base's own header is not read,
// whatever it names as backing file; so this touches nothing that a tenant wrote.
func Overlay(ctx context.Context, path string, size int64, base, baseFormat string) error {
	_, err := output(exec.CommandContext(ctx, "/usr/bin/qemu-img", "create", "-q", "-u", "-f", "qcow2", "-F", baseFormat, "-b", base,
		path, strconv.FormatInt(size, 10)))
	return err
}

// run runs qemu-img as nobody, where that can be, with files handed to it.
func run(ctx context.Context, limits []string, files []*os.File, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "/usr/bin/prlimit", append(limits, args...)...)
	cmd.ExtraFiles, cmd.Dir = files, "/"
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: nobody()}
	}
	out, err := output(cmd)
	var exit *exec.ExitError
	if errors.As(err, &exit) && ctx.Err() == nil {
		return nil, fmt.Errorf("%w (%w)", Refused{strings.TrimSpace(string(exit.Stderr[:min(len(exit.Stderr), 500)]))}, exit)
	}
	return out, errors.Join(err, ctx.Err())
}

func output(cmd *exec.Cmd) ([]byte, error) {
	// Else the C library sets 64 MiB of addresses aside for each of several threads.
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C", "MALLOC_ARENA_MAX=1"}
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(cmd.Path), err)
	}
	return out, nil
}

// nobody is the user to whom nothing belongs, not even guests' disks.
func nobody() *syscall.Credential {
	const usual = 65534
	found, err := user.Lookup("nobody")
	if err != nil {
		return &syscall.Credential{Uid: usual, Gid: usual}
	}
	uid, err := strconv.ParseUint(found.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(found.Gid, 10, 32)
	if err != nil || err2 != nil {
		return &syscall.Credential{Uid: usual, Gid: usual}
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}
