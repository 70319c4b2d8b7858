package manager

import (
	"context"
	"slices"
	"strings"

	"cumulet/nova"
	"cumulet/oslo/fault"
	"cumulet/oslo/policy"
)

// lookUp finds what a creation names, and refuses what cannot be. It asks glance and neutron, so it runs before the
// transaction.
func (m *Manager) lookUp(ctx context.Context, who policy.Who, r CreateRequest) (order, error) {
	o := order{CreateRequest: r, who: who}
	var err error
	if o.flavor, err = m.Flavor(ctx, who, r.FlavorID); err != nil {
		if fault.Is(err, fault.NotFound) { // as nova/api/openstack/compute/servers.py: not found in a body is a 400
			return o, invalid("FlavorNotFound", "Flavor %s could not be found.", r.FlavorID)
		}
		return o, err
	}
	if err := m.lookUpImage(ctx, &o); err != nil {
		return o, err
	}
	if r.KeyName != "" {
		if o.key, err = m.DB.Keypair(ctx, who.UserID, r.KeyName); err != nil {
			return o, missing(err, invalid("KeypairNotFound", "Invalid key_name provided."))
		}
	}
	if err := m.lookUpPlace(ctx, &o); err != nil {
		return o, err
	}
	if err := m.lookUpGroup(ctx, &o); err != nil {
		return o, err
	}
	if o.Networks, err = m.Networks.Check(ctx, who, r.NetworkMode, r.Networks, r.Max); err != nil {
		return o, err
	}
	if len(o.SecurityGroups) == 0 {
		o.SecurityGroups = []string{"default"}
	}
	if o.NetworkMode == nova.NetworksNone {
		return o, nil
	}
	o.groupIDs, err = m.Networks.CheckSecurityGroups(ctx, who, o.SecurityGroups)
	return o, err
}

// lookUpImage finds the image and sees whether the flavor holds it; as nova/compute/api.py, _validate_flavor_image.
func (m *Manager) lookUpImage(ctx context.Context, o *order) error {
	var err error
	if o.image, err = m.Images.Image(ctx, o.who, o.ImageID); err != nil {
		if fault.Is(err, fault.NotFound) {
			return invalid("ImageNotFound", "Can not find requested image")
		}
		return err
	}
	if err := m.lookUpKernel(ctx, o); err != nil {
		return err
	}
	if o.DiskConfig == "" {
		o.DiskConfig = "MANUAL"
		if strings.EqualFold(o.image.Properties["auto_disk_config"], "true") {
			o.DiskConfig = "AUTO"
		}
	}
	if o.image.Properties["img_config_drive"] == "mandatory" {
		o.ConfigDrive = true
	}
	const gib = 1 << 30
	disk, least := int64(o.flavor.DiskGiB)*gib, int64(o.image.MinDiskGiB)*gib
	switch {
	case o.image.Status != "active":
		return invalid("ImageNotActive", "Image %s is not active.", o.image.ID)
	case o.flavor.RAMMiB < o.image.MinRAMMiB:
		return invalid("FlavorMemoryTooSmall", "Flavor's memory is too small for requested image.")
	case disk != 0 && o.image.SizeBytes > disk:
		return invalid("FlavorDiskSmallerThanImage",
			"Flavor's disk is too small for requested image. Flavor disk is %d bytes, image is %d bytes.", disk, o.image.SizeBytes)
	case disk != 0 && least > disk:
		return invalid("FlavorDiskSmallerThanMinDisk", "Flavor's disk is smaller than the minimum size specified in "+
			"image metadata. Flavor disk is %d bytes, minimum size is %d bytes.", disk, least)
	}
	return nil
}

// lookUpKernel finds the kernel and the ramdisk that an image names, if any, as the user sees them: hosts fetch them with nova's own
// rights, and a guest can read its ramdisk. As nova/compute/api.py, _handle_kernel_and_ramdisk.
func (m *Manager) lookUpKernel(ctx context.Context, o *order) error {
	o.kernelID, o.ramdiskID = o.image.Properties["kernel_id"], o.image.Properties["ramdisk_id"]
	if o.kernelID == "nokernel" {
		o.kernelID, o.ramdiskID = "", ""
	}
	for _, id := range []string{o.kernelID, o.ramdiskID} {
		if id == "" {
			continue
		}
		if _, err := m.Images.Image(ctx, o.who, id); fault.Is(err, fault.NotFound) {
			return invalid("ImageNotFound", "Can not find requested image")
		} else if err != nil {
			return err
		}
	}
	return nil
}

// lookUpPlace reads the availability zone, which may name a host, and checks host and node.
func (m *Manager) lookUpPlace(ctx context.Context, o *order) error {
	zone, rest, named := strings.Cut(o.AvailabilityZone, ":")
	o.zone = zone
	if named { // as nova/compute/api.py, parse_availability_zone
		host, node, _ := strings.Cut(rest, ":")
		o.Host, o.Node, o.forced = host, node, true
	}
	if o.zone != "" && o.zone != m.Config.DefaultZone {
		zones, err := m.AvailabilityZones(ctx, false)
		if err != nil {
			return err
		}
		known := func(z nova.AvailabilityZone) bool { return z.Name == o.zone }
		if !slices.ContainsFunc(zones, known) {
			return invalid("InvalidInput", "The requested availability zone is not available")
		}
	}
	if o.Host == "" && o.Node == "" {
		return nil
	}
	nodes, err := m.DB.ComputeNodes(ctx, o.Host)
	if err != nil {
		return err
	}
	fits := func(n nova.ComputeNode) bool { return o.Node == "" || n.Name == o.Node }
	if !slices.ContainsFunc(nodes, fits) {
		if o.Node == "" {
			return invalid("ComputeHostNotFound", "Compute host %s could not be found.", o.Host)
		}
		return invalid("ComputeHostNotFound", "Compute host %s could not be found.", o.Node)
	}
	return nil
}

// lookUpGroup finds the server group of the hint "group".
func (m *Manager) lookUpGroup(ctx context.Context, o *order) error {
	hint := o.Hints["group"]
	if len(hint) == 0 {
		return nil
	}
	g, err := m.ServerGroup(ctx, o.who, hint[0])
	if err != nil {
		if fault.Is(err, fault.NotFound) {
			return invalid("InstanceGroupNotFound", "Instance group %s could not be found.", hint[0])
		}
		return err
	}
	o.group = &g
	return nil
}
