// Package fake is a hypervisor that exists in memory: a full virt.Driver without machines, for tests, and for hosts by
// the thousand when a policy or the scheduler is to be tried. Its guests do nothing. They live as long as the Driver made by
// New; those of one made by Open are kept in a folder, as a real hypervisor's outlive the process that asks for them.
package fake
