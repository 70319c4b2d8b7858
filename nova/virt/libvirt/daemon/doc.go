// Package daemon runs libvirtd and virtlogd for cumulet alone: with their own state folder, in a given network
// namespace and in mount and UTS namespaces of their own, so that a libvirt that the host may have is neither used
// nor touched. Guests and daemons outlive the process that started them; the next one adopts them.
//
// There are no pid files: a process belongs to a state folder when it sees that folder at /var/lib/libvirt, which
// no stale pid can feign.
//
//	StateDir/etc    /etc/libvirt         settings, written at each start; definitions of guests
//	StateDir/lib    /var/lib/libvirt     saved memory, monitor and VNC sockets
//	StateDir/run    /run/libvirt         sockets
//	StateDir/log    /var/log/libvirt     logs of the daemons and of QEMU
//	StateDir/cache  /var/cache/libvirt   what QEMU was found to be able to
package daemon
