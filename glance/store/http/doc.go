// Package http is the store of images that lie on other people's web servers. The key of an image is its URL. Nothing is
// uploaded there and nothing deleted: when an image goes, only what the cloud knew of it does.
//
// A server that knows no ranges is read from the beginning each time. What it changes under the same URL changes the
// image; who downloads it learns so by the checksum.
package http
