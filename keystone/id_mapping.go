package keystone

import (
	"crypto/sha256"
	"encoding/hex"
)

// IDMapping is what keystone calls a user or group of a directory that has ids of its own. It is kept, so that whose an id is can be
// told from the id alone.
type IDMapping struct {
	PublicID   string
	DomainID   string
	LocalID    string // in the domain's directory
	EntityType ActorKind
}

// maxLocalID bounds a directory's own id, in bytes.
const maxLocalID = 255

// Mapped is the mapping of a directory's own id; ok is false for one that is too long to keep. The public id follows from what it
// stands for, so that it is the same after the mappings were purged. As keystone/identity/id_generators/sha256.py.
func Mapped(domainID, localID string, kind ActorKind) (m IDMapping, ok bool) {
	sum := sha256.Sum256([]byte(domainID + string(kind) + localID))
	m = IDMapping{PublicID: hex.EncodeToString(sum[:]), DomainID: domainID, LocalID: localID, EntityType: kind}
	return m, localID != "" && len(localID) <= maxLocalID
}

// IsMapped tells whether an id looks like one of a mapping; those that keystone gives to what is its own are shorter.
func IsMapped(id string) bool { return len(id) == 2*sha256.Size }

// IDMappingQuery narrows mappings to those that have all of what is not "".
type IDMappingQuery struct {
	DomainID, PublicID, LocalID string
	EntityType                  ActorKind
}
