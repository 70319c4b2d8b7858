package format_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cumulet/oslo/format"
	"cumulet/oslo/format/formattest"
)

func TestSoundImagesPass(t *testing.T) {
	for _, image := range formattest.Sound() {
		for _, step := range []int{97, 4096, 1 << 30} {
			size, err := judge(image.Bits, step, image.Declared, true)
			if err != nil || size == nil || *size != image.Size {
				t.Errorf("%s in steps of %d: %v, %v", image.Name, step, size, err)
			}
		}
		if size, err := look(t, image.Bits, image.Declared, true); err != nil || size == nil || *size != image.Size {
			t.Errorf("%s in a file: %v, %v", image.Name, size, err)
		}
	}
}

func TestHostileImagesAreRefused(t *testing.T) {
	for _, image := range formattest.Hostile() {
		for _, step := range []int{997, 1 << 30} {
			if _, err := judge(image.Bits, step, image.Declared, true); err == nil || !strings.Contains(err.Error(), image.Fault) {
				t.Errorf("%s in steps of %d: %v, not %q", image.Name, step, err, image.Fault)
			}
		}
		if _, err := look(t, image.Bits, image.Declared, true); err == nil || !strings.Contains(err.Error(), image.Fault) {
			t.Errorf("%s in a file: %v, not %q", image.Name, err, image.Fault)
		}
		// Unless strict, what nobody recognises stays what it is, and is never said to be of some size.
		if size, err := judge(image.Bits, 1<<30, image.Declared, false); err == nil && size != nil {
			t.Errorf("%s passes unless strict", image.Name)
		}
	}
}

// qemuNames are QEMU's names of formats, where they are others.
var qemuNames = map[format.Format]string{format.VHD: "vpc", format.Ploop: "parallels", format.ISO: "raw", format.AMI: "raw", format.AKI: "raw", format.ARI: "raw"}

// A corpus of what no hypervisor would open anyway would prove nothing.
func TestQEMUOpensTheSoundImages(t *testing.T) {
	tool := qemuImg(t)
	for _, image := range formattest.Sound() {
		path := filepath.Join(t.TempDir(), "image")
		if err := os.WriteFile(path, image.Bits, 0o600); err != nil {
			t.Fatal(err)
		}
		name := string(image.Declared)
		if qemuNames[image.Declared] != "" {
			name = qemuNames[image.Declared]
		}
		out, err := exec.CommandContext(t.Context(), tool, "info", "--output=json", "-f", name, path).CombinedOutput()
		var info struct {
			Size int64 `json:"virtual-size"`
		}
		// QEMU counts a raw disk in whole sectors.
		if err != nil || json.Unmarshal(out, &info) != nil || info.Size != (image.Size+511)&^511 {
			t.Errorf("%s: %v %s", image.Name, err, out)
			continue
		}
		if out, err := exec.CommandContext(t.Context(), tool, "convert", "-f", name, "-O", "raw", path, path+".raw").CombinedOutput(); err != nil {
			t.Errorf("%s: %v %s", image.Name, err, out)
		}
	}
}

// marked is behind which byte a format is known, and so nothing else any more.
var marked = map[format.Format]int{format.QCOW2: 4, format.VMDK: 4, format.VDI: 0x44, format.VHD: 8, format.VHDX: 8, format.Ploop: 16}

// whole is with which byte all is there that the header speaks of.
var whole = map[string]int{
	"qcow2": 3*4096 + 8, "vmdk": 21*512 + 4, "vdi": 512 + 4, "vhd": 3*512 + 4, "vhdx": 4 << 20, "ploop": 64 + 4, "iso": 40 << 10,
}

func TestTruncatedImagesAreRefusedOrNothingSpecial(t *testing.T) {
	for _, image := range formattest.Sound() {
		if !structured(image.Declared) {
			continue
		}
		first := truncate(t, image.Name, image.Declared, image.Bits, image.Size)
		if want := whole[image.Name]; want != 0 && first != want || want == 0 && first != len(image.Bits) && image.Declared != format.ISO {
			t.Errorf("%s passes with %d bytes of %d first, not with %d", image.Name, first, len(image.Bits), want)
		}
	}
	for name, image := range made(t) {
		if image.format != format.QED {
			truncate(t, name, image.format, image.bits, 8<<20)
		}
	}
}

func structured(f format.Format) bool { return marked[f] != 0 || f == format.ISO }

// truncate judges all beginnings of an image that end in its header or where something may begin, and tells with how many
// bytes it passes first.
func truncate(t *testing.T, name string, declared format.Format, bits []byte, size int64) (first int) {
	t.Helper()
	const all, steps, near = 13 << 10, 64 << 10, 40
	fixed := strings.HasPrefix(name, "fixed vhd") && declared == format.VHD // known by its end only
	var i format.Inspector
	done := 0
	for n := 1; n <= len(bits); n++ {
		if n > all && (n+near)%steps > 2*near && n < len(bits)-near {
			continue
		}
		i.Write(bits[done:n])
		done = n
		got, err := i.Judge(declared, true)
		if err == nil && first == 0 {
			first = n
		}
		if err == nil && *got != size {
			t.Errorf("%s cut at %d passes with size %d", name, n, *got)
		}
		if _, err := i.Judge(format.Raw, true); err == nil && marked[declared] != 0 && n >= marked[declared] && !fixed {
			t.Errorf("%s cut at %d passes for raw", name, n)
		}
	}
	return first
}
