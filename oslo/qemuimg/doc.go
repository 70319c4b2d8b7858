// Package qemuimg runs qemu-img on bits that a tenant wrote: told their format, as a user to whom nothing belongs, with bounded
// memory, time and output, and with the files it may touch handed to it open, so that it needs no way to them. It is for
// bits that oslo/format has passed; what they claim it believes no further than that.
package qemuimg
