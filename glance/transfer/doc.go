// Package transfer moves bits between clients and stores for glance-api: it counts and digests them as they stream by,
// has them inspected, and cleans up after what broke. What is known of images it asks of glance-registry.
//
// An upload has no steps that a crash could be resumed from: the stream is gone with the client. So it is no flow: the
// registry gives a right to upload that must be renewed, and what a dead process leaves behind is found by Scrub.
package transfer
