# Runs a daemon on its own state folder: sh -c enter.sh NAME STATE HOSTNAME KVM PROGRAM [ARGUMENT...]
# It is started in mount and UTS namespaces of its own; every exec keeps the process id.
set -eu
state=$1
hostname "$2"
kvm=$3
shift 3
mount --bind "$state/hosts" /etc/hosts
mount --bind "$state/etc" /etc/libvirt
mount --bind "$state/lib" /var/lib/libvirt
mount --bind "$state/log" /var/log/libvirt
mount --bind "$state/cache" /var/cache/libvirt
# libvirtd asks every emulator and accelerator it finds what it can do, seconds each: show it those that are used
hide() { [ ! -e "$1" ] || mount --bind /dev/null "$1"; }
hide /usr/bin/qemu-system-i386
if [ "$kvm" != true ] && [ -e /dev/kvm ]; then
	# by a file that cannot be written: what opens, libvirtd takes for a new KVM, and asks again at every start of a guest
	mount --bind "$state/hosts" /dev/kvm
	mount -o remount,bind,ro /dev/kvm
fi
exec 3<"$state/run"
# over all of /run: nothing may be left on the host's, and no system bus is to be found
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/libvirt
mount --bind /proc/self/fd/3 /run/libvirt
exec 3<&-
cd /
exec "$@"
