package metadata

import (
	"fmt"
	"net"
	"net/netip"

	"cumulet/nova"
)

type networks struct {
	Links    []networkLink `json:"links"`
	Networks []network     `json:"networks"`
	Services []service     `json:"services"`
}

type networkLink struct {
	ID    string `json:"id"`
	VIFID string `json:"vif_id"`
	Type  string `json:"type"`
	MTU   *int   `json:"mtu"`
	MAC   string `json:"ethernet_mac_address"`
}

type network struct {
	ID        string    `json:"id"`
	Type      string    `json:"type"`
	Link      string    `json:"link"`
	IP        string    `json:"ip_address,omitempty"`
	Netmask   string    `json:"netmask,omitempty"`
	Routes    *[]route  `json:"routes,omitempty"`
	NetworkID string    `json:"network_id"`
	Services  []service `json:"services,omitempty"`
}

type route struct {
	Network string `json:"network"`
	Netmask string `json:"netmask"`
	Gateway string `json:"gateway"`
}

type service struct {
	Type    string `json:"type"`
	Address string `json:"address"`
}

// networkData is network_data.json: for each port its link and the first subnet of each IP version; as
// nova/virt/netutils.py, get_network_metadata.
func networkData(info nova.NetworkInfo) networks {
	all := networks{Links: []networkLink{}, Networks: []network{}, Services: []service{}}
	for _, vif := range info {
		if len(vif.Subnets) == 0 {
			continue
		}
		link := linkOf(vif, len(all.Links))
		all.Links = append(all.Links, link)
		for _, version := range []int{4, 6} {
			subnet, address, found := firstSubnet(vif, version)
			if !found {
				continue
			}
			all.Networks = append(all.Networks, networkOf(vif, subnet, address, link.ID, len(all.Networks)))
			for _, dns := range subnet.DNS {
				all.addService(service{"dns", dns})
			}
		}
	}
	return all
}

func (n *networks) addService(s service) {
	for _, known := range n.Services {
		if known == s {
			return
		}
	}
	n.Services = append(n.Services, s)
}

// linkOf is a port's card. Where DHCP tells the MTU it stands not here.
func linkOf(vif nova.VIF, number int) networkLink {
	link := networkLink{ID: vif.Device, VIFID: vif.PortID, Type: vif.Type, MAC: vif.MAC}
	if link.ID == "" {
		link.ID = fmt.Sprintf("interface%d", number)
	}
	switch vif.Type {
	case "bridge", "ovs", "hw_veb", "hyperv", "vhostuser":
	default:
		link.Type = "phy"
	}
	dhcp := false
	for _, s := range vif.Subnets {
		dhcp = dhcp || s.DHCP
	}
	if !dhcp && vif.MTU > 0 {
		link.MTU = &vif.MTU
	}
	return link
}

func firstSubnet(vif nova.VIF, version int) (nova.Subnet, string, bool) {
	for _, s := range vif.Subnets {
		if s.Version != version {
			continue
		}
		for _, a := range vif.Addresses {
			if a.SubnetID == s.ID && !a.Floating {
				return s, a.IP, true
			}
		}
		return s, "", false
	}
	return nova.Subnet{}, "", false
}

func networkOf(vif nova.VIF, s nova.Subnet, address, link string, number int) network {
	n := network{
		ID: fmt.Sprintf("network%d", number), Type: fmt.Sprintf("ipv%d", s.Version), Link: link, NetworkID: vif.NetworkID,
	}
	switch {
	case s.IPv6Mode != "":
		n.Type += "_" + s.IPv6Mode
	case s.DHCP:
		n.Type += "_dhcp"
		return n
	}
	n.IP, n.Netmask = address, netmask(s.CIDR)
	routes := []route{}
	if s.Gateway != "" {
		zero := "0.0.0.0"
		if s.Version == 6 {
			zero = "::"
		}
		routes = append(routes, route{zero, zero, s.Gateway})
	}
	for _, r := range s.Routes {
		if prefix, err := netip.ParsePrefix(r.Destination); err == nil {
			routes = append(routes, route{prefix.Masked().Addr().String(), netmask(r.Destination), r.NextHop})
		}
	}
	n.Routes = &routes
	for _, dns := range s.DNS {
		n.Services = append(n.Services, service{"dns", dns})
	}
	return n
}

// netmask writes a prefix's length as a mask: "255.255.255.0", "ffff:ffff:ffff:ffff::".
func netmask(cidr string) string {
	_, parsed, err := net.ParseCIDR(cidr)
	if err != nil {
		return ""
	}
	return net.IP(parsed.Mask).String()
}
