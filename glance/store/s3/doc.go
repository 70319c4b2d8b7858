// Package s3 is the store that keeps images as objects of one bucket, at Amazon or wherever its API is spoken.
//
// An image longer than a part is a multipart upload: parts are gathered in memory one at a time, since each must be signed
// and may have to be said again, and become an object once all are there. Bits that never became one are listed by Keys
// among the objects, and Delete removes both.
//
// A reader whose object is deleted meanwhile gives an error or all the bytes, as the server likes. Two uploads under one
// key are not told apart once both have begun; glance-registry gives no key twice.
package s3
