package daemon

import (
	"fmt"
	"os"
	"path/filepath"
)

const libvirtdSettings = `listen_tls = 0
listen_tcp = 0
auth_unix_ro = "none"
auth_unix_rw = "none"
unix_sock_group = "root"
unix_sock_ro_perms = "0700"
unix_sock_rw_perms = "0700"
host_uuid = "%s"
max_clients = 500
max_client_requests = 50
max_workers = 40
log_filters = "3:qemu 3:libvirt 4:object 4:json 4:event 3:util"
log_outputs = "2:file:/var/log/libvirt/libvirtd.log"
`

// Guests are not confined by a security driver here but by QEMU's own seccomp sandbox; cgroups and namespaces would
// need a systemd that need not be there.
const qemuSettings = `user = "root"
group = "root"
dynamic_ownership = 1
remember_owner = 0
security_driver = "none"
cgroup_controllers = [ ]
namespaces = [ ]
seccomp_sandbox = 1
stdio_handler = "logd"
vnc_listen = "127.0.0.1"
vnc_auto_unix_socket = 1
spice_auto_unix_socket = 1
auto_dump_path = "/var/lib/libvirt/qemu/dump"
`

// A console log is turned over once, so two MiB are kept: more than nova ever shows.
const virtlogdSettings = `log_outputs = "3:file:/var/log/libvirt/virtlogd.log"
max_clients = 5000
max_size = 1048576
max_backups = 1
`

// prepare makes the state folder and writes the settings into it.
func (o Options) prepare() error {
	for _, name := range []string{"etc", "etc/qemu", "lib", "lib/qemu", "run", "log", "log/qemu", "cache"} {
		if err := os.MkdirAll(filepath.Join(o.StateDir, name), 0o755); err != nil {
			return err
		}
	}
	for name, text := range map[string]string{
		"etc/libvirtd.conf": fmt.Sprintf(libvirtdSettings, o.HostUUID),
		"etc/qemu.conf":     qemuSettings,
		"etc/virtlogd.conf": virtlogdSettings,
		// without its own name libvirtd waits 8 s for a name server
		"hosts": fmt.Sprintf("127.0.0.1 localhost\n::1 localhost\n127.0.1.1 %s\n", o.Hostname),
	} {
		if err := write(filepath.Join(o.StateDir, name), text); err != nil {
			return err
		}
	}
	return nil
}

// write replaces the content of a file that daemons may have mounted: in place, when it differs.
func write(path, text string) error {
	old, err := os.ReadFile(path)
	if err == nil && string(old) == text {
		return nil
	}
	return os.WriteFile(path, []byte(text), 0o644)
}
