package scheduler

import (
	"fmt"
	"slices"

	"cumulet/nova"
)

// imageFilter keeps hosts that can run what the image's properties ask for (architecture, hypervisor type, VM mode); as
// nova/scheduler/filters/image_props_filter.py.
type imageFilter struct{}

func (imageFilter) Name() string { return "ImagePropertiesFilter" }

func (imageFilter) Refuse(spec nova.RequestSpec, h Candidate) string {
	arch, kind, mode := spec.Image["hw_architecture"], spec.Image["img_hv_type"], spec.Image["hw_vm_mode"]
	if arch == "" {
		arch = spec.Image["architecture"]
	}
	if arch == "" && kind == "" && mode == "" {
		return ""
	}
	runs := slices.ContainsFunc(h.Node.Machines, func(m nova.Machine) bool {
		return (arch == "" || m.Arch == arch) && (kind == "" || m.Type == kind) && (mode == "" || m.Mode == mode)
	})
	if runs {
		return ""
	}
	return fmt.Sprintf("cannot run architecture %q, hypervisor %q, mode %q", arch, kind, mode)
}
