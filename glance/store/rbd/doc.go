// Package rbd is the store that keeps images as RBD images in a pool of Ceph, by Ceph's command rbd.
//
// An image that has come whole has the protected snapshot "snap", as upstream's have, of which disks can be cloned; one
// without is half an upload, and not there for readers.
//
// Ceph gives zeros in place of what is deleted while it is read. So an image is deleted into Ceph's trash, out of which it
// is removed a while later; whoever has it open reads on, and a reader that is slower still ends with an error. What is
// due in the trash, Keys lists, so that the scrubber removes it. An image with clones stays in the trash until they are
// gone.
//
// The command rbd cannot begin in the midst of an image: what lies before an offset is read and thrown away.
package rbd
