// Package load holds a cloud of fake drivers to its promise under many clients at once: no answer of 500 and more, no update
// lost, no quota passed, no address given twice, and nothing left when all is deleted. It measures nothing.
package load
