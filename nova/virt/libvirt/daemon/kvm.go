package daemon

import (
	"os"
	"regexp"
)

var virtualization = regexp.MustCompile(`(?m)^flags\s*:.*\s(vmx|svm)\b`)

// KVM tells whether this host's processor runs guests itself. That /dev/kvm opens does not prove it: the processor
// must say so, else the kernel emulates one in which guests crawl. Where it is not so, the daemons do not see the device.
func KVM() bool {
	cpuinfo, err := os.ReadFile("/proc/cpuinfo")
	if err != nil || !virtualization.Match(cpuinfo) {
		return false
	}
	device, err := os.OpenFile("/dev/kvm", os.O_RDWR, 0)
	if err != nil {
		return false
	}
	return device.Close() == nil
}
