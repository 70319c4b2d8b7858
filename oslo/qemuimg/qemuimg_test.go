package qemuimg_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"cumulet/oslo/format"
	"cumulet/oslo/format/formattest"
	"cumulet/oslo/qemuimg"
)

func create(t *testing.T, name string, bits []byte) *os.File {
	t.Helper()
	if _, err := os.Stat("/usr/bin/qemu-img"); err != nil {
		t.Skip("qemu-utils is not installed")
	}
	file, err := os.OpenFile(filepath.Join(t.TempDir(), name), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	if _, err := file.Write(bits); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestSoundImagesAreReadAndConverted(t *testing.T) {
	t.Parallel()
	for _, image := range formattest.Sound() {
		if name := qemuimg.Name(image.Declared); name == "" || name == "raw" {
			continue
		}
		from, to := create(t, "from", image.Bits), create(t, "to", nil)
		if size, err := qemuimg.Size(t.Context(), from, image.Declared); err != nil || size != formattest.Size {
			t.Errorf("%s: %d, %v", image.Name, size, err)
		}
		if err := qemuimg.Convert(t.Context(), from, image.Declared, to, format.QCOW2, 64<<20); err != nil {
			t.Errorf("%s: %v", image.Name, err)
		}
		if size, err := qemuimg.Size(t.Context(), to, format.QCOW2); err != nil || size != formattest.Size {
			t.Errorf("%s, converted: %d, %v", image.Name, size, err)
		}
	}
}

func TestDisksAreWrittenInEachFormat(t *testing.T) {
	t.Parallel()
	raw := create(t, "raw", make([]byte, 1<<20))
	if err := raw.Chmod(0o600); err != nil {
		t.Fatal(err)
	}
	back, err := qemuimg.Lend(raw)
	if err != nil {
		t.Fatal(err)
	}
	for _, as := range []format.Format{format.Raw, format.QCOW2, format.VMDK} {
		to := create(t, "to", nil)
		if err := qemuimg.Convert(t.Context(), raw, format.Raw, to, as, 64<<20); err != nil {
			t.Errorf("%s: %v", as, err)
			continue
		}
		info, err := to.Stat()
		if err != nil {
			t.Fatal(err)
		}
		bits, err := format.Look(to, info.Size())
		if err != nil {
			t.Fatal(err)
		}
		if size, err := bits.Judge(as, true); err != nil || *size != 1<<20 {
			t.Errorf("%s: %v", as, err)
		}
	}
	if err := back(); err != nil {
		t.Error(err)
	}
}

// What oslo/format would refuse is told to qemu-img all the same: it can open nothing that is not everybody's.
func TestItHasNoWayToFilesThatAreNotHandedToIt(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("not root: this user's own files are open to it")
	}
	secret := create(t, "secret", make([]byte, 1<<20))
	if err := secret.Chmod(0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "thief")
	if out, err := exec.CommandContext(t.Context(), "/usr/bin/qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", secret.Name(), path).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	bits, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	thief := create(t, "from", bits)
	var refused qemuimg.Refused
	if err := qemuimg.Convert(t.Context(), thief, format.QCOW2, create(t, "to", nil), format.QCOW2, 64<<20); !errors.As(err, &refused) {
		t.Errorf("it converts another's file: %v", err)
	}
	if _, err := qemuimg.Size(t.Context(), thief, format.QCOW2); err == nil {
		t.Error("an image with a backing file has a size")
	}
}

func TestABombIsStoppedWhereItsOutputMustEnd(t *testing.T) {
	t.Parallel()
	raw := create(t, "raw", nil)
	filled := make([]byte, 1<<20)
	for n := range filled {
		filled[n] = byte(n)
	}
	for range 32 {
		if _, err := raw.Write(filled); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "bomb")
	out, err := exec.CommandContext(t.Context(), "/usr/bin/qemu-img", "convert", "-f", "raw", "-O", "vmdk", "-o", "subformat=streamOptimized", raw.Name(), path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v %s", err, out)
	}
	bits, err := os.ReadFile(path)
	if err != nil || len(bits) > 1<<20 {
		t.Fatalf("%d bytes, %v", len(bits), err)
	}
	const most = 8 << 20
	to := create(t, "to", nil)
	if err := qemuimg.Convert(t.Context(), create(t, "from", bits), format.VMDK, to, format.QCOW2, most); err == nil {
		t.Error("32 MiB come of it where 8 are allowed")
	}
	if info, err := to.Stat(); err != nil || info.Size() > most {
		t.Errorf("it wrote %d bytes, %v", info.Size(), err)
	}
}
