// Package cache keeps, in a folder of this host, the bits of images that are fetched from stores far away, so that many who
// ask for one image cost the store one fetch.
//
//	           Open                      verified
//	(absent) ───────▶ filling ──────────────────▶ whole
//	    ▲                │ broke off, withdrawn     │ pruned, withdrawn, deleted
//	    └────────────────┴──────────────────────────┘
//
// What is asked for and absent is filled in the background, and those who ask for it meanwhile read what has come and wait
// for more, each at its own pace. All read through the file: no bits are held in memory but those that a fill is about
// to write. A fill belongs to no reader and ends by itself: a client that gives up and comes again finds more than before.
// The last byte is given to nobody before the digest was found right, so whoever has all bytes has the right ones.
//
// An entry is a file called by the image's id and the digest of its bits, so that neither a restart nor another image of the
// same id can have one thing taken for another; who reads it moves its time of access, by which the least recently used is
// known. Hits are counted in memory, and begin anew with the process.
//
// Room for a fill is made before it begins: files, whole and half, are never more than MaxSize together. What does not fit is
// not kept, and read from its store as if there were no cache. So is what the disk does not take.
//
// Who may read an image, and whether it is still there, is not known here: whoever calls Open has just asked the registry.
// Nor is it a store: nothing lies here alone, and any of it may go at any time. Each glance-api has a folder of its own.
package cache
