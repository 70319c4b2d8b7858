package metadata

import (
	"encoding/json"
	"strings"
	"testing"
)

// FuzzLookup holds that no path and nothing that a user gives a server makes metadata fail.
func FuzzLookup(f *testing.F) {
	for _, path := range []string{
		"/", "/latest/meta-data/public-keys/0/openssh-key", "/openstack/latest/meta_data.json", "/openstack/2012-08-10", "/ec2/2009-04-04/user-data", "/../..//openstack/./latest/network_data.json", "/latest/meta-data/_name/", "/1.0/meta-data/block-device-mapping/ami/x", "/openstack//", "%00",
	} {
		f.Add(path, "IyEvYmluL3NoCg==", "mine", "role", "web")
		f.Add(path, "!", "", "\x00", "\xff\n")
	}
	f.Fuzz(func(t *testing.T, path, userData, key, name, value string) {
		s := hello()
		s.UserData, s.KeyName, s.Metadata, s.Name = userData, key, map[string]string{name: value}, name
		data, contentType, found := Content{Server: s, Domain: "novalocal"}.Lookup(path)
		if found && contentType == jsonContent && !json.Valid(data) {
			t.Errorf("%q is no JSON: %s", path, data)
		}
		if !found && len(data) > 0 {
			t.Errorf("%q is not there, and is %q", path, data)
		}
		for file := range Files(s, "novalocal") {
			if strings.Contains(file, "..") {
				t.Errorf("a drive has the file %q", file)
			}
		}
	})
}
