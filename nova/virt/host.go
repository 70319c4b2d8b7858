package virt

// Host is what a hypervisor host is and has.
type Host struct {
	Hostname          string
	HypervisorType    string // "QEMU", also with KVM, as nova's libvirt driver reports; "fake"
	HypervisorVersion int    // 7002022 is 7.2.22

	VCPUs       int
	MemoryMiB   int
	DiskGiB     int // of the file system that holds the guests' disks
	DiskFreeGiB int
	CPU         CPU
	Supported   []Machine
}

// CPU describes the host's processors; its JSON is the hypervisors API's cpu_info.
type CPU struct {
	Arch     string   `json:"arch"`
	Model    string   `json:"model"`
	Vendor   string   `json:"vendor"`
	Features []string `json:"features"`
	Topology Topology `json:"topology"`
}

// Topology counts processors: cells × sockets × cores × threads.
type Topology struct {
	Cells   int `json:"cells"`
	Sockets int `json:"sockets"`
	Cores   int `json:"cores"`
	Threads int `json:"threads"`
}

// Machine is a kind of guest that a host can run: ("x86_64", "kvm", "hvm").
type Machine struct {
	Arch string
	Type string
	Mode string
}
