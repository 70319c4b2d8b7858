// Package file is the store that keeps images as files in one folder.
//
// Bits are written to the folder's ".partial" first, synced, and linked to their name only when they are all there;
// whatever a crash leaves in ".partial" is listed by Keys like the rest, so that the scrubber finds it.
package file
