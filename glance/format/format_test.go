package format_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cumulet/glance/format"
)

// judge writes bits in steps of some bytes and judges them.
func judge(bits []byte, step int, declared format.Format, strict bool) (*int64, error) {
	var i format.Inspector
	for len(bits) > 0 {
		n := min(step, len(bits))
		i.Write(bits[:n])
		bits = bits[n:]
	}
	return i.Judge(declared, strict)
}

// made are images of 8 MiB as qemu-img makes them, by format.
func made(t testing.TB) map[format.Format][]byte {
	t.Helper()
	tool, err := exec.LookPath("qemu-img")
	if err != nil {
		t.Skip("qemu-img is not installed: no real images to look at")
	}
	images := map[format.Format][]byte{}
	for f, args := range map[format.Format][]string{
		format.QCOW2: {"-f", "qcow2"}, format.VDI: {"-f", "vdi"}, format.VHD: {"-f", "vpc", "-o", "force_size=on"}, format.VHDX: {"-f", "vhdx"},
		format.VMDK: {"-f", "vmdk"}, format.QED: {"-f", "qed"},
	} {
		path := filepath.Join(t.TempDir(), string(f))
		out, err := exec.CommandContext(t.Context(), tool, append(append([]string{"create", "-q"}, args...), path, "8M")...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v %s", f, err, out)
		}
		if images[f], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	return images
}

func TestRealImagesAreKnownWhateverTheStepsTheyComeIn(t *testing.T) {
	for f, bits := range made(t) {
		if f == format.QED {
			continue
		}
		for _, step := range []int{1000, 4096, 1 << 20, 1 << 30} {
			size, err := judge(bits, step, f, true)
			if err != nil || size == nil || *size != 8<<20 {
				t.Errorf("%s in steps of %d: %v, %v", f, step, size, err)
			}
		}
		for _, declared := range []format.Format{format.Raw, format.QCOW2, format.VDI, format.VHD, format.VHDX, format.VMDK, format.ISO, format.AMI} {
			if _, err := judge(bits, 4096, declared, false); declared != f && err == nil {
				t.Errorf("%s passes for %s", f, declared)
			}
		}
	}
}

func TestTruncatedHeadersAreRefusedOrNothingSpecial(t *testing.T) {
	for f, bits := range made(t) {
		if f == format.QED { // which no image can be declared to be
			continue
		}
		for n := range 512 {
			if size, err := judge(bits[:n], 97, f, true); err == nil {
				t.Errorf("%s cut at %d passes with size %d", f, n, *size)
			}
		}
	}
}

func patched(bits []byte, offset int, with ...byte) []byte {
	bits = bytes.Clone(bits)
	copy(bits[offset:], with)
	return bits
}

// endless is a VMDK whose descriptor fills its one sector, and goes on behind it for who reads on.
func endless(vmdk []byte) []byte {
	out := patched(vmdk, 36, 1, 0)
	end := 512 + bytes.IndexByte(out[512:], 0)
	for n := end; n < 1024; n++ {
		out[n] = '#'
	}
	copy(out[1024:], "\nparentFileNameHint=\"/etc/passwd\"\n\x00")
	return out
}

func TestImagesThatReachForOtherFilesAreRefused(t *testing.T) {
	real := made(t)
	q, v := real[format.QCOW2], real[format.VMDK]
	text := func(from, to string) []byte {
		out := bytes.Clone(v)
		i := bytes.Index(out, []byte(from))
		if i < 0 {
			t.Fatalf("no %q in the descriptor", from)
		}
		copy(out[i:], to)
		return out
	}
	for name, one := range map[string]struct {
		declared format.Format
		bits     []byte
		why      string
	}{
		"backing file":         {format.QCOW2, patched(q, 8, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 9), "backing file"},
		"backing file size":    {format.QCOW2, patched(q, 16, 0, 0, 0, 9), "backing file"},
		"data file":            {format.QCOW2, patched(q, 79, 4), "data_file"},
		"unknown feature":      {format.QCOW2, patched(q, 72, 0x80), "Unknown QCOW2 features"},
		"version":              {format.QCOW2, patched(q, 4, 0, 0, 0, 9), "version"},
		"absurd size":          {format.QCOW2, patched(q, 24, 0xff, 0xff, 0xff, 0xff), "virtual size"},
		"L1 table beyond":      {format.QCOW2, patched(q, 40, 0, 0, 0xff), "L1 table"},
		"L1 table wraps":       {format.QCOW2, patched(q, 36, 0xff, 0xff, 0xff, 0xff), "L1 table"},
		"flat extent":          {format.VMDK, text("SPARSE", "FLAT  "), "extent"},
		"extent with a path":   {format.VMDK, text(`SPARSE "`, `SPARSE "/`), "extent"},
		"other subformat":      {format.VMDK, text("monolithicSparse", "monolithicFlat  "), "subformat"},
		"parent":               {format.VMDK, text("parentCID=ffffffff", "parentCID=12345678"), "parent"},
		"second extent":        {format.VMDK, text("ddb.virtualHWVersion", "RW 1 SPARSE \"x\"\n#    "), "extents"},
		"descriptor elsewhere": {format.VMDK, patched(v, 28, 9), "descriptor"},
		"no size":              {format.VMDK, patched(v, 12, 0, 0, 0, 0, 0, 0, 0, 0), "virtual size"},
		"commented parent":     {format.VMDK, text("# Disk DescriptorFile", "#parentFileNameHint=\"x"), "parent"},
		"commented subformat":  {format.VMDK, text("# Disk DescriptorFile", "# createType=\"vmfs\"  "), "subformat"},
		"endless descriptor":   {format.VMDK, endless(v), "without end"},
		"descriptor only":      {format.VMDK, []byte("# Disk DescriptorFile\nRW 1 FLAT \"/etc/passwd\" 0\n"), "descriptor"},
		"vdi of a parent":      {format.VDI, patched(real[format.VDI], 0x4c, 4), "parent"},
		"vhd of a parent":      {format.VHD, patched(real[format.VHD], 63, 4), "parent"},
		"qed":                  {format.Raw, real[format.QED], "qed"},
	} {
		_, err := judge(one.bits, 4096, one.declared, false)
		if err == nil || !strings.Contains(err.Error(), one.why) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// isoOf has the marks of an ISO of some blocks.
func isoOf(bits []byte, blocks uint32) []byte {
	out := make([]byte, max(len(bits), 40<<10))
	copy(out, bits)
	d := out[32<<10:]
	d[0] = 1
	copy(d[1:], "CD001")
	binary.LittleEndian.PutUint32(d[80:], blocks)
	binary.LittleEndian.PutUint16(d[128:], 2048)
	return out
}

func TestWhatARawDiskMayCarryPasses(t *testing.T) {
	mbr := patched(make([]byte, 1<<20), 510, 0x55, 0xaa)
	iso := isoOf(nil, 20)
	hybrid := patched(iso, 510, 0x55, 0xaa)
	for name, one := range map[string]struct {
		declared format.Format
		bits     []byte
		size     int64
	}{
		"nothing":          {format.Raw, nil, 0},
		"anything":         {format.Raw, []byte("anything"), 8},
		"partitions":       {format.Raw, mbr, 1 << 20},
		"iso as raw":       {format.Raw, iso, 40 << 10},
		"iso":              {format.ISO, iso, 20 * 2048},
		"iso with an MBR":  {format.ISO, hybrid, 20 * 2048},
		"kernel":           {format.AKI, mbr, 1 << 20},
		"encrypted as raw": {format.Raw, append([]byte("LUKS\xba\xbe"), make([]byte, 600)...), 606},
	} {
		size, err := judge(one.bits, 4096, one.declared, true)
		if err != nil || size == nil || *size != one.size {
			t.Errorf("%s: %v %v", name, size, err)
		}
	}
}

func TestPolyglotsAreRefused(t *testing.T) {
	real := made(t)
	both := isoOf(real[format.QCOW2], 20)
	for _, declared := range []format.Format{format.ISO, format.QCOW2, format.Raw} {
		if _, err := judge(both, 4096, declared, false); err == nil {
			t.Errorf("an ISO that is a qcow2 too passes for %s", declared)
		}
	}
	if size, err := judge([]byte("no mark at all"), 4096, format.QCOW2, false); err != nil || size != nil {
		t.Errorf("unknown bits: %v, %v", size, err)
	}
	if _, err := judge([]byte("no mark at all"), 4096, format.QCOW2, true); err == nil {
		t.Error("unknown bits pass where strict")
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
