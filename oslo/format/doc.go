// Package format tells what the bits of an image are, from the stream as it passes: no second reading, bounded memory,
// and nothing outside the stream is ever opened. What an image *is* must not contradict what it says it is, and it
// must not reach for other files (backing files, foreign extents, parents), since a hypervisor would follow. Whoever
// has the bits in a file has them looked at there: glance does the one as they come, nova the other before QEMU
// opens them.
//
// It reads headers only; it repairs and converts nothing. What hides deeper, as tables of a qcow2 that are reached by
// tables, makes QEMU fail or a guest read zeros, and no other file be opened.
package format
