package doctor

import "time"

// Records are what the services tell of all projects.
type Records struct {
	Servers     []Server
	Providers   []Provider
	Ports       []Port
	FloatingIPs []FloatingIP
	Networks    []Network
	Routers     []Router
	Images      []Image
	Services    []Service
}

// Server is a server as nova tells it.
type Server struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Status  string    `json:"status"`
	Host    string    `json:"OS-EXT-SRV-ATTR:host"`
	Task    string    `json:"OS-EXT-STS:task_state"`
	State   string    `json:"OS-EXT-STS:vm_state"`
	Power   int       `json:"OS-EXT-STS:power_state"`
	Updated time.Time `json:"updated"`
}

// busy tells whether something is under way with the server: it is judged when that is over.
func (s Server) busy() bool { return s.Task != "" || s.State == "building" }

// Provider is one of placement's resource providers with who has claimed of it.
type Provider struct {
	ID        string `json:"uuid"`
	Name      string `json:"name"`
	Consumers []string
}

// Port is a port as neutron tells it.
type Port struct {
	ID      string `json:"id"`
	Network string `json:"network_id"`
	Device  string `json:"device_id"`
	Owner   string `json:"device_owner"`
	Host    string `json:"binding:host_id"`
	Status  string `json:"status"`
}

// FloatingIP is a floating address as neutron tells it.
type FloatingIP struct {
	ID      string `json:"id"`
	Address string `json:"floating_ip_address"`
	Fixed   string `json:"fixed_ip_address"`
	Port    string `json:"port_id"`
	Router  string `json:"router_id"`
	Status  string `json:"status"`
}

// Network and Router are neutron's.
type Network struct {
	ID string `json:"id"`
}

// Router is a router as neutron tells it.
type Router struct {
	ID      string `json:"id"`
	AdminUp bool   `json:"admin_state_up"`
}

// Image is an image as glance tells it.
type Image struct {
	ID      string    `json:"id"`
	Status  string    `json:"status"`
	Size    int64     `json:"size"`
	Updated time.Time `json:"updated_at"`
}

// Service is a service of nova's or an agent of neutron's that reports its life.
type Service struct {
	Binary, Host string
	Up, Disabled bool
}

// Host is what is on one host.
type Host struct {
	Name string
	// Guests are the hypervisor's, by server, with their power state as nova counts it (1 runs, 4 is shut down).
	Guests map[string]int
	// Folders are of guests' disks, by server.
	Folders []string
	// Wired tells that the host has a network: what follows was looked at.
	Wired bool
	// Taps are the devices of ports, by the name that begins with "tap".
	Taps []string
	// DHCP are the networks and Routers the routers that have namespaces here.
	DHCP, Routers []string
	// Floating are the addresses that routers translate, by router: the floating ones with the fixed ones.
	Floating map[string]map[string]string
}

// Files are what the file store of images holds: the sizes of files by name, and what is being written. Staged are the files
// of the staging area.
type Files struct {
	Sizes          map[string]int64
	Beside, Staged []string
}
