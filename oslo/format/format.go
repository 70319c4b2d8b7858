package format

// Format is the kind of bits, by the name that the API's disk_format has for it where it has one.
type Format string

// The formats that are told apart.
const (
	Raw   Format = "raw"
	QCOW2 Format = "qcow2"
	VMDK  Format = "vmdk"
	VDI   Format = "vdi"
	VHD   Format = "vhd"
	VHDX  Format = "vhdx"
	ISO   Format = "iso"
	Ploop Format = "ploop"
	QED   Format = "qed"
	LUKS  Format = "luks"
	GPT   Format = "gpt" // a partition table
	MBR   Format = "mbr" // an older one, or a boot sector
	AMI   Format = "ami"
	AKI   Format = "aki"
	ARI   Format = "ari"
)

// Match is a format that the bits have the marks of.
type Match struct {
	Format Format
	// VirtualSize is the size of the disk inside, in bytes.
	VirtualSize int64
	// Unsafe says why the bits must not be used; "" when nothing speaks against it.
	Unsafe string
	// Plain marks what a raw disk may well carry too: a partition table, a file system, a footer.
	Plain bool
}

// structured tells whether bits of a declared format have marks by which they are known.
func structured(declared Format) bool {
	switch declared {
	case QCOW2, VMDK, VDI, VHD, VHDX, ISO, Ploop:
		return true
	}
	return false
}
