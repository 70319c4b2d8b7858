// Package format tells what the bits of an image are, from the stream as it passes: no second reading, bounded memory,
// and nothing outside the stream is ever opened. What an image *is* must not contradict what it says it is, and it
// must not reach for other files (backing files, foreign extents, parents), since a hypervisor would follow.
//
// It reads headers only; it repairs and converts nothing.
package format
