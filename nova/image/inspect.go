package image

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"cumulet/oslo/fault"
)

// peeked is how much of an image's beginning is looked at: headers and a VMDK's descriptor.
const peeked = 128 << 10

// inspect tells how large the disk in a file of a declared format is, and refuses what must not be opened.
func inspect(ctx context.Context, id, path, declared string) (virtualBytes int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	switch declared {
	case "raw", "iso", "ami", "aki", "ari": // QEMU is told raw and reads no header
		info, err := f.Stat()
		if err != nil {
			return 0, err
		}
		return info.Size(), nil
	}
	head, err := io.ReadAll(io.LimitReader(f, peeked))
	if err != nil {
		return 0, err
	}
	// QEMU follows some headers as soon as it opens them, so they are read here first.
	if why := unsafe(declared, head); why != "" {
		return 0, unacceptable(id, why)
	}
	return ask(ctx, id, path, declared)
}

func unacceptable(id, why string) error {
	return fault.New(fault.Invalid, "ImageUnacceptable", "Image %s is unacceptable: %s", id, why)
}

// unsafe says what speaks against the beginning of an image; "" when nothing does.
func unsafe(declared string, head []byte) string {
	padded := append(bytes.Clone(head), make([]byte, 512)...)
	marks := map[string]func([]byte) bool{
		"qcow2": func(b []byte) bool { return string(b[:4]) == "QFI\xfb" },
		"vmdk":  func(b []byte) bool { return string(b[:4]) == "KDMV" },
		"vdi":   func(b []byte) bool { return binary.LittleEndian.Uint32(b[0x40:]) == 0xbeda107f },
		"vhdx":  func(b []byte) bool { return string(b[:8]) == "vhdxfile" },
		"vhd":   func([]byte) bool { return true }, // a fixed one has its mark at the end
	}
	has, known := marks[declared]
	switch {
	case !known:
		return fmt.Sprintf("disk format %q cannot be used", declared)
	case !has(padded):
		return fmt.Sprintf("it is no %s", declared)
	case declared == "qcow2":
		return qcow2Unsafe(padded)
	case declared == "vmdk":
		return vmdkUnsafe(head)
	}
	return ""
}

// qcow2Unsafe finds other files in a header. As docs/interop/qcow2.txt of QEMU.
func qcow2Unsafe(head []byte) string {
	const externalData = 1 << 2
	be := binary.BigEndian
	switch {
	case be.Uint64(head[8:]) != 0 || be.Uint32(head[16:]) != 0:
		return "it has a backing file"
	case be.Uint32(head[4:]) >= 3 && be.Uint64(head[72:])&externalData != 0:
		return "it has a data file"
	}
	return ""
}

// vmdkUnsafe wants a sparse VMDK of one extent, which is itself.
func vmdkUnsafe(head []byte) string {
	if len(head) < 1024 || binary.LittleEndian.Uint64(head[28:]) != 1 {
		return "its descriptor is not where it belongs"
	}
	if binary.LittleEndian.Uint64(head[12:]) == 0 {
		return "it has no size" // and QEMU would take it for a list of other files
	}
	size := binary.LittleEndian.Uint64(head[36:])
	if size == 0 || size > peeked/512-1 || int(size+1)*512 > len(head) {
		return "its descriptor is too large"
	}
	text, _, ends := strings.Cut(strings.ToLower(string(head[512:512*(size+1)])), "\x00")
	if !ends {
		return "its descriptor has no end" // and QEMU would read on
	}
	if !strings.Contains(text, `createtype="monolithicsparse"`) && !strings.Contains(text, `createtype="streamoptimized"`) ||
		strings.Count(text, "createtype") > 1 {
		return "its subformat cannot be used"
	}
	extents := 0
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != "rw" && fields[0] != "rdonly" && fields[0] != "noaccess" {
			continue
		}
		if extents++; len(fields) < 4 || fields[2] != "sparse" || strings.ContainsAny(line, `/\`) {
			return "it has a foreign extent"
		}
	}
	if extents != 1 || strings.Contains(text, "parentfilenamehint") {
		return "it is not the whole of a disk"
	}
	return ""
}

// extent is a file that a disk lies in, as qemu-img tells it.
type extent struct {
	Filename string `json:"filename"`
}

// inspectTime bounds one look at an image.
const inspectTime = 30 * time.Second

// ask has qemu-img read the header, told the format and with bounded memory and time, as nova/virt/images.py,
// QEMU_IMG_LIMITS.
func ask(ctx context.Context, id, path, declared string) (int64, error) {
	format := declared
	if format == "vhd" {
		format = "vpc"
	}
	ctx, cancel := context.WithTimeout(ctx, inspectTime)
	defer cancel()
	c := exec.CommandContext(ctx, "/usr/bin/prlimit", "--as=1073741824", "--cpu=30", "--",
		"/usr/bin/qemu-img", "info", "--force-share", "--output=json", "-f", format, path)
	c.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C"}
	c.WaitDelay = time.Second
	out, err := c.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) && ctx.Err() == nil {
		return 0, fault.Of(unacceptable(id, "qemu-img cannot read it")).Because(fmt.Errorf("%w: %.500s", err, exit.Stderr))
	}
	if err != nil {
		return 0, fmt.Errorf("look at image %q: %w", id, err)
	}
	var info struct {
		Format      string `json:"format"`
		VirtualSize int64  `json:"virtual-size"`
		Backing     string `json:"backing-filename"`
		Specific    struct {
			Data struct {
				DataFile string   `json:"data-file"`
				Extents  []extent `json:"extents"`
			} `json:"data"`
		} `json:"format-specific"`
	}
	if err := json.Unmarshal(out, &info); err != nil {
		return 0, fmt.Errorf("look at image %q: %w", id, err)
	}
	switch {
	case info.Format != format:
		return 0, unacceptable(id, fmt.Sprintf("it is %s", info.Format))
	case info.Backing != "":
		return 0, unacceptable(id, "it has a backing file")
	case info.Specific.Data.DataFile != "":
		return 0, unacceptable(id, "it has a data file")
	case slices.ContainsFunc(info.Specific.Data.Extents, func(e extent) bool { return e.Filename != path }):
		return 0, unacceptable(id, "it has a foreign extent")
	case info.VirtualSize < 0 || info.VirtualSize > 1<<50:
		return 0, unacceptable(id, "its size is impossible")
	}
	return info.VirtualSize, nil
}
