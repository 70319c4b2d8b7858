package format_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"cumulet/oslo/format"
)

// written is an inspector that was written bits in steps of some bytes.
func written(bits []byte, step int) *format.Inspector {
	var i format.Inspector
	for len(bits) > 0 {
		n := min(step, len(bits))
		i.Write(bits[:n])
		bits = bits[n:]
	}
	return &i
}

// judge writes bits in steps of some bytes and judges them.
func judge(bits []byte, step int, declared format.Format, strict bool) (*int64, error) {
	return written(bits, step).Judge(declared, strict)
}

// look judges bits that lie in a file.
func look(t *testing.T, bits []byte, declared format.Format, strict bool) (*int64, error) {
	t.Helper()
	i, err := format.Look(bytes.NewReader(bits), int64(len(bits)))
	if err != nil {
		t.Fatal(err)
	}
	return i.Judge(declared, strict)
}

func qemuImg(t testing.TB) string {
	t.Helper()
	tool, err := exec.LookPath("qemu-img")
	if err != nil {
		t.Skip("qemu-img is not installed: no real images to look at")
	}
	return tool
}

// made are images of 8 MiB as qemu-img makes them, with some data inside.
func made(t *testing.T) map[string]madeImage {
	t.Helper()
	tool, folder := qemuImg(t), t.TempDir()
	source := filepath.Join(folder, "source")
	disk := make([]byte, 8<<20)
	copy(disk[3<<20:], bytes.Repeat([]byte("some data "), 30000))
	if err := os.WriteFile(source, disk, 0o600); err != nil {
		t.Fatal(err)
	}
	images := map[string]madeImage{}
	for name, one := range map[string]struct {
		format  format.Format
		options []string
	}{
		"qcow2":                 {format.QCOW2, []string{"-O", "qcow2"}},
		"qcow2 of version 2":    {format.QCOW2, []string{"-O", "qcow2", "-o", "compat=0.10"}},
		"qcow2, small clusters": {format.QCOW2, []string{"-O", "qcow2", "-o", "cluster_size=512"}},
		"qcow2, extended L2":    {format.QCOW2, []string{"-O", "qcow2", "-o", "extended_l2=on,cluster_size=128k"}},
		"qcow2, compressed":     {format.QCOW2, []string{"-c", "-O", "qcow2", "-o", "compression_type=zstd"}},
		"vdi":                   {format.VDI, []string{"-O", "vdi"}},
		"static vdi":            {format.VDI, []string{"-O", "vdi", "-o", "static=on"}},
		"vhd":                   {format.VHD, []string{"-O", "vpc", "-o", "force_size=on"}},
		"fixed vhd":             {format.VHD, []string{"-O", "vpc", "-o", "force_size=on,subformat=fixed"}},
		"vhdx":                  {format.VHDX, []string{"-O", "vhdx"}},
		"fixed vhdx":            {format.VHDX, []string{"-O", "vhdx", "-o", "subformat=fixed"}},
		"vmdk":                  {format.VMDK, []string{"-O", "vmdk"}},
		"stream-optimized vmdk": {format.VMDK, []string{"-O", "vmdk", "-o", "subformat=streamOptimized"}},
		"ploop":                 {format.Ploop, []string{"-O", "parallels"}},
		"qed":                   {format.QED, []string{"-O", "qed"}},
	} {
		path := filepath.Join(folder, "image")
		out, err := exec.CommandContext(t.Context(), tool, append(append([]string{"convert", "-f", "raw"}, one.options...), source, path)...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v %s", name, err, out)
		}
		bits, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		images[name] = madeImage{one.format, bits}
	}
	return images
}

type madeImage struct {
	format format.Format
	bits   []byte
}

func TestRealImagesAreKnownWhateverTheStepsTheyComeIn(t *testing.T) {
	for name, image := range made(t) {
		if image.format == format.QED {
			continue
		}
		for _, step := range []int{1000, 4096, 1 << 20, 1 << 30} {
			size, err := judge(image.bits, step, image.format, true)
			if err != nil || size == nil || *size != 8<<20 {
				t.Errorf("%s in steps of %d: %v, %v", name, step, size, err)
			}
		}
	}
}

func TestRealImagesOfAnotherFormatAreRefused(t *testing.T) {
	for name, image := range made(t) {
		for _, declared := range declarable {
			// A fixed VHD is a raw disk, with something behind it.
			if _, err := judge(image.bits, 1<<20, declared, false); declared != image.format && err == nil && name != "fixed vhd" {
				t.Errorf("%s passes for %s", name, declared)
			}
		}
	}
}

func TestWhatNobodyRecognisesIsRefusedWhereStrict(t *testing.T) {
	if size, err := judge([]byte("no mark at all"), 4096, format.QCOW2, false); err != nil || size != nil {
		t.Errorf("unknown bits: %v, %v", size, err)
	}
	if _, err := judge([]byte("no mark at all"), 4096, format.QCOW2, true); err == nil {
		t.Error("unknown bits pass where strict")
	}
	if size, err := judge(nil, 1, format.Raw, true); err != nil || size == nil || *size != 0 {
		t.Errorf("nothing: %v, %v", size, err)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	var i format.Inspector
	block := make([]byte, 1<<20)
	allocated := testing.AllocsPerRun(64, func() { i.Write(block) })
	if allocated > 1 {
		t.Errorf("%v allocations a block", allocated)
	}
}
