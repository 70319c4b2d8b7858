package compute

import (
	"context"
	"fmt"

	"cumulet/nova"
	"cumulet/oslo/messaging"
)

// CleanCache removes the images from the host's cache that no server here is built of and that none was built of for a while;
// as nova/virt/imagecache.py.
func (c *Compute) CleanCache(ctx context.Context) error {
	recorded, err := messaging.Call[nova.HostServers](ctx, c.Bus, conductor(), nova.ListHostServers{Host: c.Host})
	if err != nil {
		return fmt.Errorf("list servers: %w", err)
	}
	used := map[string]bool{}
	for _, s := range recorded.Servers {
		// the kernel and the ramdisk of an AMI are images too
		for _, id := range []string{s.ImageID, s.KernelID, s.RamdiskID} {
			if id != "" {
				used[id] = true
			}
		}
	}
	if err := c.CleanImages(ctx, used, c.Config.ImageCacheAge); err != nil {
		return fmt.Errorf("clean the cache of images: %w", err)
	}
	return nil
}
