package formattest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"

	"cumulet/oslo/format"
)

// Image is one that is uploaded.
type Image struct {
	Name     string
	Declared format.Format
	Bits     []byte
	// Fault is what the refusal says; "" for a sound image.
	Fault string
	// Size is a sound image's virtual size.
	Size int64
}

// Sound are images that are what they say they are.
func Sound() []Image {
	sound := func(name string, declared format.Format, bits []byte, size int64) Image {
		return Image{Name: name, Declared: declared, Bits: bits, Size: size}
	}
	var all []Image
	for _, i := range []Image{
		{Name: "qcow2", Declared: format.QCOW2, Bits: QCOW2()},
		{Name: "vmdk", Declared: format.VMDK, Bits: VMDK(descriptor("monolithicSparse"))},
		{Name: "stream-optimized vmdk", Declared: format.VMDK, Bits: StreamVMDK()},
		{Name: "vdi", Declared: format.VDI, Bits: VDI()},
		{Name: "vhd", Declared: format.VHD, Bits: VHD()},
		{Name: "fixed vhd", Declared: format.VHD, Bits: FixedVHD()},
		{Name: "vhdx", Declared: format.VHDX, Bits: VHDX()},
		{Name: "ploop", Declared: format.Ploop, Bits: Ploop()},
	} {
		all = append(all, sound(i.Name, i.Declared, i.Bits, Size))
	}
	hybrid := put(binary.LittleEndian, ISO(), map[int]any{510: uint16(0xaa55)})
	for _, i := range []Image{
		{Name: "iso", Declared: format.ISO, Bits: ISO()},
		{Name: "iso with an MBR", Declared: format.ISO, Bits: hybrid},
		{Name: "iso with a GPT", Declared: format.ISO, Bits: put(binary.LittleEndian, bytes.Clone(hybrid), map[int]any{sector: "EFI PART"})},
		{Name: "iso that is a raw disk", Declared: format.Raw, Bits: ISO()},
		{Name: "text", Declared: format.Raw, Bits: []byte("anything")},
		{Name: "raw with an MBR", Declared: format.Raw, Bits: MBR()},
		{Name: "raw with a GPT", Declared: format.Raw, Bits: GPT()},
		{Name: "raw, encrypted", Declared: format.Raw, Bits: LUKS()},
		{Name: "raw with a footer", Declared: format.Raw, Bits: FixedVHD()},
		{Name: "raw that holds a qcow2", Declared: format.Raw, Bits: join(make([]byte, sector), QCOW2())},
		{Name: "machine image", Declared: format.AMI, Bits: make([]byte, 4096)},
		{Name: "kernel", Declared: format.AKI, Bits: MBR()},
		{Name: "ramdisk", Declared: format.ARI, Bits: []byte("\x28\xb5\x2f\xfd and so on")},
	} {
		all = append(all, sound(i.Name, i.Declared, i.Bits, int64(len(i.Bits))))
	}
	return all
}

// Hostile are images that reach for other files, lie about what or how large they are, or are several things at once.
func Hostile() []Image {
	var all []Image
	for _, some := range [][]Image{hostileQCOW2(), hostileVMDK(), hostileVDI(), hostileVHD(), hostileVHDX(), hostilePloop(), polyglots(), lies()} {
		all = append(all, some...)
	}
	return all
}

// family makes the hostile images of a format of patches to a sound one.
type family struct {
	format format.Format
	order  binary.ByteOrder
	bits   []byte
}

func (f family) with(name, fault string, fields map[int]any) Image {
	return Image{Name: string(f.format) + ", " + name, Declared: f.format, Bits: put(f.order, bytes.Clone(f.bits), fields), Fault: fault}
}

func hostileQCOW2() []Image {
	f := family{format.QCOW2, binary.BigEndian, QCOW2()}
	const cluster = 4096
	version2 := map[int]any{4: uint32(2), 72: uint64(0), 80: uint64(0), 88: uint64(0), 96: uint64(0)}
	second := f.with("", "", version2)
	old := family{format.QCOW2, binary.BigEndian, second.Bits}
	return []Image{
		f.with("backing file", "Image has a backing file", map[int]any{8: uint64(512), 16: uint32(11), 512: "/etc/passwd"}),
		f.with("backing file without a name", "Image has a backing file", map[int]any{8: uint64(512)}),
		f.with("backing file of nowhere", "Image has a backing file", map[int]any{16: uint32(11)}),
		old.with("version 2 with a backing file", "Image has a backing file", map[int]any{8: uint64(512), 16: uint32(11), 512: "/etc/passwd"}),
		f.with("data file", "Image has data_file set", map[int]any{72: uint64(1 << 2)}),
		f.with("name of a data file", "Image has data_file set", map[int]any{104: uint32(0x44415441), 108: uint32(11), 112: "/etc/passwd"}),
		f.with("name of a data file behind others", "Image has data_file set", map[int]any{
			104: uint32(0x6803f857), 108: uint32(48), 160: uint32(0x44415441), 164: uint32(11), 168: "/etc/passwd"}),
		f.with("extensions without end", "header extensions without end", map[int]any{104: uint32(0x6803f857), 108: uint32(cluster)}),
		f.with("unknown feature", "Unknown QCOW2 features found", map[int]any{72: uint64(1 << 5)}),
		f.with("unknown feature of the future", "Unknown QCOW2 features found", map[int]any{72: uint64(1 << 63)}),
		f.with("first version", "Unsupported qcow2 version 1", map[int]any{4: uint32(1)}),
		f.with("version of the future", "Unsupported qcow2 version 9", map[int]any{4: uint32(9)}),
		f.with("absurd virtual size", "impossible virtual size", map[int]any{24: ^uint64(0)}),
		f.with("virtual size without tables", "L1 table that is not of its virtual size", map[int]any{24: uint64(1 << 50)}),
		f.with("L1 table beyond", "L1 table beyond its end", map[int]any{40: uint64(1 << 40)}),
		f.with("L1 table that wraps", "L1 table beyond its end", map[int]any{36: ^uint32(0), 40: ^uint64(0) - 4096}),
		f.with("L1 table too long", "L1 table beyond its end", map[int]any{36: uint32(513)}),
		f.with("reference counts beyond", "reference counts beyond its end", map[int]any{48: uint64(1 << 40)}),
		f.with("too many reference counts", "reference counts beyond its end", map[int]any{56: ^uint32(0)}),
		f.with("snapshots beyond", "snapshots beyond its end", map[int]any{60: uint32(1), 64: uint64(4 * cluster)}),
		f.with("too many snapshots", "snapshots beyond its end", map[int]any{60: ^uint32(0)}),
		f.with("clusters of a byte", "impossible cluster size", map[int]any{20: uint32(0)}),
		f.with("clusters of a gigabyte", "impossible cluster size", map[int]any{20: uint32(30)}),
		f.with("short header", "impossible header length", map[int]any{100: uint32(72)}),
		f.with("endless header", "impossible header length", map[int]any{100: ^uint32(0)}),
		f.with("encryption of the future", "unknown encryption method", map[int]any{32: uint32(3)}),
	}
}

func hostileVMDK() []Image {
	sound := descriptor("monolithicSparse")
	text := func(name, fault, from, to string) Image {
		return Image{Name: "vmdk, " + name, Declared: format.VMDK, Bits: VMDK(strings.Replace(sound, from, to, 1)), Fault: fault}
	}
	extent := `RW 2048 SPARSE "disk.vmdk"`
	f := family{format.VMDK, binary.LittleEndian, VMDK(sound)}
	stream := family{format.VMDK, binary.LittleEndian, StreamVMDK()}
	const footer = (vmdkOverhead + 4) * sector
	endless := f.with("descriptor that goes on", "descriptor without end", map[int]any{
		36: uint64(1), sector: sound + "#" + strings.Repeat("#", sector-len(sound)) + "\nparentFileNameHint=\"/etc/passwd\"\n"})
	list := func(name, text string) Image {
		return Image{Name: "vmdk, " + name, Declared: format.VMDK, Bits: []byte(text), Fault: "Image is a VMDK descriptor of other files"}
	}
	return []Image{
		text("flat extent", "Invalid extent found", extent, `RW 2048 FLAT "/etc/passwd" 0`),
		text("device as an extent", "Invalid extent found", extent, `RW 2048 VMFSRDM "/dev/sda"`),
		text("path as an extent", "Invalid extent found", "disk.vmdk", "/etc/passwd"),
		text("path of Windows as an extent", "Invalid extent found", "disk.vmdk", `c:\secret`),
		text("read-only flat extent", "Invalid extent found", extent, `RDONLY 2048 FLAT "disk-flat.vmdk" 0`),
		text("second extent", "Image has 2 extents", extent, extent+"\nRW 2048 SPARSE \"passwd\""),
		text("no extent", "Image has 0 extents", extent, ""),
		text("subformat of other files", "Unsupported subformat", "monolithicSparse", "monolithicFlat"),
		text("no subformat", "Unsupported subformat", `createType="monolithicSparse"`, ""),
		text("second subformat in a comment", "Unsupported subformat", "# Disk DescriptorFile", `# createType="vmfs"`),
		text("parent", "Image has a parent", "ffffffff", "12345678"),
		text("parent's name", "Image has a parent", "parentCID", "parentFileNameHint=\"/etc/passwd\"\nparentCID"),
		text("parent's name in a comment", "Image has a parent", "# Disk DescriptorFile", `#parentFileNameHint="/etc/passwd"`),
		text("line of no sense", "Invalid VMDK descriptor data", "version=1", "include /etc/passwd"),
		endless,
		f.with("descriptor elsewhere", "Wrong descriptor location", map[int]any{28: uint64(9)}),
		f.with("endless descriptor", "Wrong descriptor location", map[int]any{36: ^uint64(0)}),
		f.with("descriptor beyond", "Image header is truncated", map[int]any{36: uint64(200)}),
		f.with("no size, so a list", "impossible virtual size", map[int]any{12: uint64(0)}),
		f.with("absurd virtual size", "impossible virtual size", map[int]any{12: ^uint64(0)}),
		f.with("virtual size without a directory", "grain directory beyond its end", map[int]any{12: uint64(1 << 40)}),
		f.with("directory beyond", "grain directory beyond its end", map[int]any{56: uint64(1 << 20)}),
		f.with("directory in the header", "no grain directory", map[int]any{56: uint64(0)}),
		f.with("grains of nothing", "impossible grain size", map[int]any{20: uint64(0)}),
		f.with("tables of nothing", "impossible grain size", map[int]any{44: uint32(0)}),
		f.with("compression of the future", "unknown compression", map[int]any{77: uint16(2)}),
		f.with("version of the future", "Unsupported VMDK version 9", map[int]any{4: uint32(9)}),
		f.with("of ESX", "Unsupported subformat", map[int]any{0: "COWD"}),
		list("descriptor only", descriptor("monolithicFlat")),
		list("descriptor behind comments", "#\n\n# not a descriptor\nversion=1\nRW 1 FLAT \"/etc/passwd\" 0\n"),
		f.with("footer that is not there", "Footer marker is invalid", map[int]any{56: ^uint64(0)}),
		stream.with("footer of another size", "Footer contradicts the header", map[int]any{footer + 12: uint64(1 << 30)}),
		stream.with("footer with another descriptor", "Footer contradicts the header", map[int]any{footer + 28: uint64(9)}),
		stream.with("footer with another footer", "Footer indicates another footer", map[int]any{footer + 56: ^uint64(0)}),
		stream.with("footer whose directory is beyond", "grain directory beyond its end", map[int]any{footer + 56: uint64(1 << 20)}),
		stream.with("more behind the end", "End-of-stream marker is invalid", map[int]any{footer + sector: "more"}),
	}
}

func hostileVDI() []Image {
	f := family{format.VDI, binary.LittleEndian, VDI()}
	return []Image{
		f.with("of a parent", "Image has a parent", map[int]any{0x4c: uint32(4)}),
		f.with("parent's id", "Image has a parent", map[int]any{0x1b8: "the parent's id."}),
		f.with("absurd virtual size", "impossible virtual size", map[int]any{0x170: ^uint64(0)}),
		f.with("virtual size without blocks", "block map that is not of its virtual size", map[int]any{0x170: uint64(1 << 40)}),
		f.with("more blocks than bits", "block map beyond its end", map[int]any{0x158: uint32(1 << 30), 0x180: uint32(1 << 20)}),
		f.with("block map beyond", "block map beyond its end", map[int]any{0x154: uint32(1 << 30)}),
		f.with("block map in the header", "block map beyond its end", map[int]any{0x154: uint32(0)}),
		f.with("blocks of nothing", "impossible block size", map[int]any{0x178: uint32(0)}),
		f.with("version of the future", "Unsupported VDI version", map[int]any{0x44: uint32(9)}),
	}
}

func hostileVHD() []Image {
	f := family{format.VHD, binary.BigEndian, VHD()}
	fixed := family{format.VHD, binary.BigEndian, FixedVHD()}
	return []Image{
		f.with("of a parent", "Image has a parent", map[int]any{60: uint32(4)}),
		f.with("of no kind", "Unsupported subformat", map[int]any{60: uint32(9)}),
		f.with("absurd virtual size", "impossible virtual size", map[int]any{48: ^uint64(0)}),
		f.with("no virtual size", "impossible virtual size", map[int]any{48: uint64(0)}),
		f.with("virtual size without blocks", "block table that is not of its virtual size", map[int]any{48: uint64(1 << 40)}),
		f.with("geometry of another size", "contradicts itself about its virtual size", map[int]any{56: ^uint16(0), 58: "\xff\xff"}),
		f.with("header beyond", "header beyond its end", map[int]any{16: uint64(1 << 40)}),
		f.with("header elsewhere", "Image has no header", map[int]any{16: uint64(0)}),
		f.with("block table beyond", "block table beyond its end", map[int]any{sector + 16: uint64(1 << 40)}),
		f.with("block table that wraps", "block table beyond its end", map[int]any{sector + 16: ^uint64(0)}),
		f.with("more blocks than bits", "block table beyond its end", map[int]any{sector + 28: ^uint32(0)}),
		f.with("blocks of nothing", "impossible block size", map[int]any{sector + 32: uint32(0)}),
		fixed.with("fixed, of another size", "smaller than its footer says", map[int]any{Size + 48: uint64(1 << 40)}),
		fixed.with("fixed, geometry of another size", "contradicts itself about its virtual size", map[int]any{Size + 56: ^uint16(0)}),
	}
}

func hostileVHDX() []Image {
	f := family{format.VHDX, binary.LittleEndian, VHDX()}
	const file, size = vhdxMetadata + vhdxItems, vhdxMetadata + vhdxItems + 32
	return []Image{
		f.with("of a parent", "Image has a parent", map[int]any{file + 4: uint32(1 << 1)}),
		f.with("parent's place", "Image has a parent", map[int]any{vhdxMetadata + 32 + 32*2: "\x2d\x5f\xd3\xa8\x0b\xb3\x4d\x45\xab\xf7\xd3\xd8\x48\x34\xab\x0c"}),
		f.with("absurd virtual size", "impossible virtual size", map[int]any{size: ^uint64(0)}),
		f.with("virtual size without blocks", "block table that is not of its virtual size", map[int]any{size: uint64(63 << 40)}),
		f.with("blocks of nothing", "impossible block size", map[int]any{file: uint32(0)}),
		f.with("no block table", "no block table", map[int]any{vhdxRegions + 16: uint64(0)}),
		f.with("block table beyond", "block table beyond its end", map[int]any{vhdxRegions + 32: uint64(1 << 40)}),
		f.with("no regions", "lacks its metadata", map[int]any{vhdxRegions: "none"}),
		f.with("metadata beyond", "lacks its metadata", map[int]any{vhdxRegions + 64: uint64(1 << 62)}),
		f.with("metadata in the header", "lacks its metadata", map[int]any{vhdxRegions + 64: uint64(0)}),
		f.with("item beyond", "lacks its metadata", map[int]any{vhdxMetadata + 32 + 16: ^uint32(0)}),
	}
}

func hostilePloop() []Image {
	f := family{format.Ploop, binary.LittleEndian, Ploop()}
	return []Image{
		f.with("absurd virtual size", "impossible virtual size", map[int]any{36: ^uint64(0)}),
		f.with("virtual size without clusters", "block table that is not of its virtual size", map[int]any{36: uint64(1 << 40)}),
		f.with("more clusters than bits", "block table beyond its end", map[int]any{32: ^uint32(0)}),
		f.with("clusters of nothing", "impossible cluster size", map[int]any{28: uint32(0)}),
		f.with("version of the future", "Unsupported ploop version", map[int]any{16: uint32(9)}),
	}
}

// polyglots are bits that are several formats at once; whoever reads them sees what he looks for.
func polyglots() []Image {
	var all []Image
	add := func(name string, bits []byte, fault string, as ...format.Format) {
		for _, declared := range as {
			all = append(all, Image{Name: fmt.Sprintf("%s, as %s", name, declared), Declared: declared, Bits: bits, Fault: fault})
		}
	}
	several := "Multiple formats detected: "
	add("iso that is a qcow2", ISO(QCOW2()...), several+"qcow2,iso", format.ISO, format.QCOW2, format.Raw, format.AMI)
	add("iso that is a vmdk", ISO(VMDK(descriptor("monolithicSparse"))[:30<<10]...), several+"vmdk,iso", format.ISO, format.VMDK)
	add("iso that is a vdi", ISO(VDI()...), several+"vdi,iso", format.ISO, format.VDI)
	add("iso that is a vhd", ISO(VHD()...), several+"vhd,iso", format.ISO, format.VHD)
	add("qcow2 that is a vdi", put(binary.LittleEndian, QCOW2(), map[int]any{0x40: uint32(0xbeda107f)}), several+"qcow2,vdi", format.QCOW2, format.VDI, format.Raw)
	add("qcow2 that is a fixed vhd", join(QCOW2(), FixedVHD()), several+"qcow2,vhd", format.QCOW2, format.VHD, format.Raw)
	add("qcow2 with an MBR", put(binary.LittleEndian, QCOW2(), map[int]any{510: uint16(0xaa55)}), several+"qcow2,mbr", format.QCOW2, format.Raw)
	add("vmdk with a GPT", put(binary.LittleEndian, VMDK(descriptor("monolithicSparse")), map[int]any{510: uint16(0xaa55), 4096: "EFI PART"}),
		several+"vmdk,gpt", format.VMDK, format.Raw)
	return all
}

// lies are sound bits that are not what they are said to be.
func lies() []Image {
	var all []Image
	sound := []Image{
		{Declared: format.QCOW2, Bits: QCOW2()}, {Declared: format.VMDK, Bits: VMDK(descriptor("monolithicSparse"))}, {Declared: format.VDI, Bits: VDI()},
		{Declared: format.VHD, Bits: VHD()}, {Declared: format.VHDX, Bits: VHDX()}, {Declared: format.Ploop, Bits: Ploop()}, {Declared: format.QED, Bits: QED()},
		{Declared: format.MBR, Bits: MBR()}, {Declared: format.GPT, Bits: GPT()}, {Declared: format.LUKS, Bits: LUKS()}, {Declared: format.ISO, Bits: ISO()},
		{Declared: format.Raw, Bits: []byte("\x1f\x8b\x08\x00 compressed, or so it seems")},
	}
	for _, is := range sound {
		for _, said := range []format.Format{
			format.Raw, format.QCOW2, format.VMDK, format.VDI, format.VHD, format.VHDX, format.Ploop, format.ISO, format.AMI, format.AKI, format.ARI,
		} {
			if said == is.Declared || asItIs(said) && plain(is.Declared) {
				continue
			}
			all = append(all, Image{
				Name: fmt.Sprintf("%s said to be %s", is.Declared, said), Declared: said, Bits: is.Bits,
				Fault: fmt.Sprintf("Image disk_format %s does not match stream data %s", said, is.Declared),
			})
		}
	}
	return append(all, Image{Name: "iso cut short", Declared: format.ISO, Bits: ISO()[:36<<10], Fault: "smaller than its header says"})
}

// asItIs tells whether bits that are said to be of a format are used as they are.
func asItIs(f format.Format) bool {
	return f == format.Raw || f == format.AMI || f == format.AKI || f == format.ARI
}

// plain tells whether bits of a format may be those of a raw disk too.
func plain(f format.Format) bool {
	return asItIs(f) || f == format.MBR || f == format.GPT || f == format.LUKS || f == format.ISO
}
