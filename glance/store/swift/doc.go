// Package swift is the store that keeps images as objects of one container of an object store.
//
//	1f4a2f6c-….0a1b2c3d             an image, or the manifest of its segments (a static large object)
//	1f4a2f6c-….0a1b2c3d/00000001    its first segment
//
// Bits go from the sender to the server as they come: nothing is kept on the way, and a segment is no more in memory than
// an image is. So a segment cannot be said twice; that the token is good is therefore asked for before each. The manifest
// names every segment's checksum, which the server confirms before the image is there. Segments that never came to have
// a manifest are listed by Keys as the image's, and Delete removes both.
//
// A reader of a segmented image whose key is deleted meanwhile ends with an error at the next segment.
package swift
