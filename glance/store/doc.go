// Package store says what a place for the bits of images must do; each kind of store is a package below, and all pass
// storetest. A store knows keys and bytes: neither what an image is nor who may have it.
package store
