package store

import "regexp"

var keyForm = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[0-9a-f]{8}$`)

// IsKey tells whether a name is one that glance-registry gives to bits: the image's id, a dot, and eight digits of the
// upload's. A store takes, lists and deletes nothing else, so that what others keep beside it stays.
func IsKey(name string) bool { return keyForm.MatchString(name) }
