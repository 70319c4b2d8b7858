package cache

// BreakDisk has the disk take no more of an image that is being filled.
func (c *Cache) BreakDisk(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.filling[id].file.Close()
}
