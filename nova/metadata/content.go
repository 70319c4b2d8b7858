package metadata

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"cumulet/nova"
)

// Content is what a guest may read of itself.
type Content struct {
	Server nova.Server
	// Domain stands behind the host name; "" for none.
	Domain string
}

// The types of what is read.
const (
	plain       = "text/plain; charset=UTF-8"
	jsonContent = "application/json"
)

const latest = "latest"

// openstackVersions are the dates of the OpenStack form, oldest first; as nova/api/metadata/base.py, OPENSTACK_VERSIONS.
func openstackVersions() []string {
	return []string{
		"2012-08-10", "2013-04-04", "2013-10-17", "2015-10-15", "2016-06-30", "2016-10-06", "2017-02-22", "2018-08-27", "2020-10-14",
	}
}

// The dates at which the OpenStack form grew.
const (
	grizzly   = "2013-04-04" // random_seed, password
	havana    = "2013-10-17" // vendor_data.json
	liberty   = "2015-10-15" // project_id, network_data.json
	newtonOne = "2016-06-30" // devices
	newtonTwo = "2016-10-06" // vendor_data2.json
	victoria  = "2020-10-14" // dedicated_cpus
)

// Lookup gives what lies at a path and its type; false where nothing does.
func (c Content) Lookup(p string) (data []byte, contentType string, found bool) {
	parts := strings.Split(strings.TrimPrefix(path.Clean("/"+p), "/"), "/")
	switch {
	case parts[0] == "":
		return lines(append(ec2Versions(), latest)), plain, true
	case parts[0] == "openstack":
		return c.openstack(parts[1:])
	case parts[0] == "ec2":
		parts = parts[1:]
		if len(parts) == 0 {
			return lines(append(ec2Versions(), latest)), plain, true
		}
	}
	return c.ec2(parts)
}

func lines(list []string) []byte { return []byte(strings.Join(list, "\n")) }

// openstack looks up a path below /openstack.
func (c Content) openstack(parts []string) ([]byte, string, bool) {
	versions := openstackVersions()
	if len(parts) == 0 {
		return lines(append(versions, latest)), plain, true
	}
	version := parts[0]
	if version == latest {
		version = versions[len(versions)-1]
	}
	if !slices.Contains(versions, version) || len(parts) > 2 {
		return nil, "", false
	}
	files := c.files(version)
	if len(parts) == 1 {
		return lines(listed(files)), plain, true
	}
	data, found := files[parts[1]]
	contentType := plain
	if strings.HasSuffix(parts[1], ".json") {
		contentType = jsonContent
	}
	return data, contentType, found
}

// listed orders the names as upstream lists them.
func listed(files map[string][]byte) []string {
	order := []string{"meta_data.json", "user_data", "password", "vendor_data.json", "network_data.json", "vendor_data2.json"}
	return slices.DeleteFunc(order, func(name string) bool { _, found := files[name]; return !found })
}

// files are the files of one version of the OpenStack form.
func (c Content) files(version string) map[string][]byte {
	files := map[string][]byte{"meta_data.json": c.metaData(version)}
	if data, ok := c.userData(); ok {
		files["user_data"] = data
	}
	if version >= grizzly {
		files["password"] = []byte(c.password())
	}
	if version >= havana {
		files["vendor_data.json"] = []byte("{}")
	}
	if version >= liberty {
		files["network_data.json"] = encode(networkData(c.Server.Network))
	}
	if version >= newtonTwo {
		files["vendor_data2.json"] = []byte(`{"static": {}}`)
	}
	return files
}

// metaData is meta_data.json.
func (c Content) metaData(version string) []byte {
	s := c.Server
	v := map[string]any{
		"uuid": s.ID, "hostname": c.hostname(), "name": s.Name, "launch_index": s.LaunchIndex, "availability_zone": s.AvailabilityZone,
	}
	if len(s.Metadata) > 0 {
		v["meta"] = s.Metadata
	}
	if s.KeyName != "" {
		v["public_keys"] = map[string]string{s.KeyName: s.PublicKey}
		v["keys"] = []map[string]string{{"name": s.KeyName, "type": "ssh", "data": s.PublicKey}}
	}
	if version >= grizzly {
		seed := make([]byte, 512)
		if _, err := rand.Read(seed); err == nil {
			v["random_seed"] = base64.StdEncoding.EncodeToString(seed)
		}
	}
	if version >= liberty {
		v["project_id"] = s.ProjectID
	}
	if version >= newtonOne {
		v["devices"] = devices(s.Network)
	}
	if version >= victoria {
		v["dedicated_cpus"] = []int{}
	}
	return encode(v)
}

// devices are the network cards with a tag.
func devices(network nova.NetworkInfo) []map[string]any {
	list := []map[string]any{}
	for _, vif := range network {
		if vif.Tag != "" {
			list = append(list, map[string]any{"type": "nic", "mac": vif.MAC, "bus": "none", "address": "none", "tags": []string{vif.Tag}})
		}
	}
	return list
}

func (c Content) hostname() string {
	if c.Domain == "" {
		return c.Server.Hostname
	}
	return c.Server.Hostname + "." + c.Domain
}

// userData is what the user gave the guest to run.
func (c Content) userData() ([]byte, bool) {
	if c.Server.UserData == "" {
		return nil, false
	}
	data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(c.Server.UserData), ""))
	return data, err == nil
}

// password is the encrypted password that the guest left, kept in pieces; as nova/api/metadata/password.py.
func (c Content) password() string {
	var all string
	for _, key := range slices.Sorted(maps.Keys(c.Server.SystemMetadata)) {
		if strings.HasPrefix(key, "password_") {
			all += c.Server.SystemMetadata[key]
		}
	}
	return all
}

// encode writes JSON of what was made here, which always can be.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("metadata: %v", err))
	}
	return b
}

// Files are the files of a server's config drive by path, for the newest version and for "latest".
func Files(s nova.Server, domain string) map[string][]byte {
	c := Content{Server: s, Domain: domain}
	versions := openstackVersions()
	newest := versions[len(versions)-1]
	drive := map[string][]byte{}
	for name, data := range c.files(newest) {
		if name == "password" {
			continue // only over HTTP can a guest leave one
		}
		drive["openstack/"+newest+"/"+name] = data
		drive["openstack/latest/"+name] = data
	}
	drive["ec2/latest/meta-data.json"] = encode(c.ec2Metadata(ec2Newest()).values())
	if data, ok := c.userData(); ok {
		drive["ec2/latest/user-data"] = data
	}
	return drive
}
