// Package virttest holds drivers to what virt.Driver promises. Every driver's own tests call Run.
package virttest
