// Package fake is a hypervisor that exists in memory: a full virt.Driver without machines, for tests, and for hosts by
// the thousand when a policy or the scheduler is to be tried. Its guests live as long as the Driver and do nothing.
package fake
