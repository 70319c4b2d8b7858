// Package glance holds the nouns of the image service: images, their members and where their bits lie, the states an
// image passes, the faults, and the messages that glance-api sends to glance-registry.
//
//	queued ──▶ saving ──▶ active ◀──▶ deactivated
//	  ▲          │           │
//	  └──────────┘           ▼
//	 (upload failed)      deleted, from every state
//
// An image is registered first (queued) and gets its bits later, once. glance-api serves HTTP and moves bits between
// clients and stores; everything that is known of an image, and who may know it, is glance-registry's, which alone has
// the database. There is no HTTP and no SQL here, and nothing that touches a disk.
package glance
