package nova

import "time"

// ComputeNode is a hypervisor as its nova-compute describes it. What is free on it, placement knows.
type ComputeNode struct {
	ID            string    `json:"id"` // UUID, also its resource provider in placement
	Number        int64     `json:"number"`
	Host          string    `json:"host"` // of its nova-compute
	Name          string    `json:"name"` // hypervisor_hostname
	Type          string    `json:"type"` // "QEMU"
	Version       int       `json:"version"`
	HostIP        string    `json:"host_ip"`
	CPUInfo       CPUInfo   `json:"cpu_info"`
	VCPUs         int       `json:"vcpus"`
	MemoryMiB     int       `json:"memory_mib"`
	DiskGiB       int       `json:"disk_gib"`
	VCPUsUsed     int       `json:"vcpus_used"`
	MemoryMiBUsed int       `json:"memory_mib_used"`
	DiskGiBUsed   int       `json:"disk_gib_used"`
	DiskFreeGiB   int       `json:"disk_free_gib"` // really free on the file system
	Running       int       `json:"running"`       // guests
	CPURatio      float64   `json:"cpu_ratio"`
	RAMRatio      float64   `json:"ram_ratio"`
	DiskRatio     float64   `json:"disk_ratio"`
	Uptime        string    `json:"uptime"`
	Machines      []Machine `json:"machines"` // what guests it can run
	Traits        []string  `json:"traits"`
	CreatedAt     time.Time `json:"created_at"`
	UpdatedAt     time.Time `json:"updated_at"`
}

// Identity makes a node's events findable.
func (n ComputeNode) Identity() (id, projectID string) { return n.ID, "" }

// CPUInfo describes a hypervisor's processor.
type CPUInfo struct {
	Arch     string      `json:"arch"`
	Model    string      `json:"model"`
	Vendor   string      `json:"vendor"`
	Topology CPUTopology `json:"topology"`
	Features []string    `json:"features"`
}

// Machine is a kind of guest that a host can run: ("x86_64", "kvm", "hvm").
type Machine struct {
	Arch string `json:"arch"`
	Type string `json:"type"`
	Mode string `json:"mode"`
}

// CPUTopology counts a processor's parts.
type CPUTopology struct {
	Cells   int `json:"cells"`
	Sockets int `json:"sockets"`
	Cores   int `json:"cores"`
	Threads int `json:"threads"`
}

// Hypervisor is a compute node with its service and, where asked, the servers on it.
type Hypervisor struct {
	ComputeNode
	Service Service
	Servers []Server // ID and Name set
}

// HypervisorStatistics sums all nodes up.
type HypervisorStatistics struct {
	Count, VCPUs, VCPUsUsed, MemoryMiB, MemoryMiBUsed, DiskGiB, DiskGiBUsed, DiskFreeGiB, Running int
}

// ReportNode tells the conductor of a hypervisor; the answer is the node as recorded.
type ReportNode struct {
	Node ComputeNode `json:"node"`
}

// Method names the message.
func (ReportNode) Method() string { return "report_node" }
