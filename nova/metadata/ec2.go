package metadata

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"cumulet/nova"
)

// ec2Versions are the dates of EC2's form, oldest first; as nova/api/metadata/base.py, VERSIONS.
func ec2Versions() []string {
	return []string{"1.0", "2007-01-19", "2007-03-01", "2007-08-29", "2007-10-10", "2007-12-15", "2008-02-01", "2008-09-01", "2009-04-04"}
}

func ec2Newest() string { return ec2Versions()[len(ec2Versions())-1] }

// folder is a place in EC2's tree: names to strings, lists of strings, or folders.
type folder map[string]any

// title names an item of a list of folders: "0=mykey" instead of "0/".
const title = "_name"

// ec2 looks up a path below /ec2 or, as EC2's own clients ask, at the root.
func (c Content) ec2(parts []string) ([]byte, string, bool) {
	version := parts[0]
	if version == latest {
		version = ec2Newest()
	}
	if !slices.Contains(ec2Versions(), version) {
		return nil, "", false
	}
	tree := folder{"meta-data": c.ec2Metadata(version)}
	if data, ok := c.userData(); ok {
		tree["user-data"] = string(data)
	}
	var at any = tree
	for _, part := range parts[1:] {
		in, isFolder := at.(folder)
		if !isFolder {
			return nil, "", false
		}
		if at = in[part]; at == nil {
			return nil, "", false
		}
	}
	return []byte(printed(at)), plain, true
}

// ec2Metadata is the folder meta-data of a version.
func (c Content) ec2Metadata(version string) folder {
	s := c.Server
	fixed, floating := firstAddresses(s.Network)
	f := folder{
		"ami-id": short("ami", s.ImageID), "ami-launch-index": fmt.Sprint(s.LaunchIndex), "ami-manifest-path": "FIXME",
		"instance-id": fmt.Sprintf("i-%08x", s.Number), "hostname": c.hostname(), "local-ipv4": fixed,
		"reservation-id": s.ReservationID, "security-groups": groupNames(s),
	}
	if s.KeyName != "" {
		f["public-keys"] = folder{"0": folder{title: "0=" + s.KeyName, "openssh-key": s.PublicKey}}
	}
	if version >= "2007-01-19" {
		f["local-hostname"], f["public-hostname"], f["public-ipv4"] = c.hostname(), c.hostname(), floating
	}
	if version >= "2007-08-29" {
		f["instance-type"] = s.Flavor.Name
	}
	if version >= "2007-12-15" {
		root := strings.TrimPrefix(s.RootDevice, "/dev/")
		f["block-device-mapping"] = folder{"ami": root, "root": s.RootDevice}
		if s.KernelID != "" {
			f["kernel-id"] = short("aki", s.KernelID)
		}
		if s.RamdiskID != "" {
			f["ramdisk-id"] = short("ari", s.RamdiskID)
		}
	}
	if version >= "2008-02-01" {
		f["placement"] = folder{"availability-zone": s.AvailabilityZone}
	}
	if version >= "2008-09-01" {
		f["instance-action"] = "none"
	}
	return f
}

// values are a folder's contents for JSON, without the titles.
func (f folder) values() map[string]any {
	v := map[string]any{}
	for name, item := range f {
		if in, isFolder := item.(folder); isFolder {
			item = in.values()
		}
		if name != title {
			v[name] = item
		}
	}
	return v
}

// printed is a value as EC2 shows it: a folder is the list of its names; as ec2_md_print.
func printed(v any) string {
	switch v := v.(type) {
	case []string:
		return strings.Join(v, "\n")
	case folder:
		var names []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if name == title {
				continue
			}
			if in, isFolder := v[name].(folder); isFolder {
				if t, ok := in[title].(string); ok {
					name = t
				} else {
					name += "/"
				}
			}
			names = append(names, name)
		}
		return strings.Join(names, "\n")
	}
	return fmt.Sprint(v)
}

// short makes an EC2 id of a UUID.
func short(kind, id string) string {
	digits := strings.ReplaceAll(id, "-", "")
	return kind + "-" + digits[:min(8, len(digits))]
}

func firstAddresses(network nova.NetworkInfo) (fixed, floating string) {
	for _, vif := range network {
		for _, a := range vif.Addresses {
			switch {
			case a.Version != 4:
			case a.Floating && floating == "":
				floating = a.IP
			case !a.Floating && fixed == "":
				fixed = a.IP
			}
		}
	}
	return fixed, floating
}

func groupNames(s nova.Server) []string {
	var names []string
	for _, vif := range s.Network {
		names = append(names, vif.SecurityGroups...)
	}
	if len(names) == 0 {
		names = append(names, s.SecurityGroups...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
