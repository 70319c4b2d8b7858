package cache

import (
	"crypto/md5" //nolint:gosec // what images without a better digest have
	"crypto/sha512"
	"hash"

	"cumulet/glance"
)

// digestOf is the digest by which the bits of an image are known, and what makes it; "" for an image that has none.
func digestOf(i glance.Image) (string, hash.Hash) {
	switch {
	case i.HashAlgo == glance.HashAlgo && i.HashValue != "":
		return i.HashValue, sha512.New()
	case i.Checksum != "":
		return i.Checksum, md5.New() //nolint:gosec // see the import
	}
	return "", nil
}

// nameOf is the name of an image's file; false for an image whose bits could not be verified, or that has none.
func nameOf(i glance.Image) (string, bool) {
	digest, _ := digestOf(i)
	name := i.ID + "." + digest
	return name, i.Size != nil && *i.Size > 0 && form.MatchString(name)
}
