// Package image is nova's side of glance: Client asks glance what an image is and fetches its bits, Cache keeps fetched
// ones on a host as bases for disks, each once however many guests want it.
//
// What comes from glance is not trusted on the host: its digest is checked, and its header is looked at again before
// QEMU opens it, so that no image reaches for other files. The package knows nothing of servers.
package image
