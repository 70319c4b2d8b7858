package identity

import (
	"context"
	"log/slog"

	"cumulet/keystone"
	"cumulet/oslo/fault"
)

// ByDomain is the Driver of a cloud whose domains may have directories: what is asked goes to the directory of whose it is, or to the
// cloud's own users. Users and groups of directories are called by ids that tell all clouds' directories apart, and are told by their
// length from those of the cloud's own, for which nothing is looked up.
type ByDomain struct {
	Driver      // the cloud's own
	Directories *Directories
}

// whose is the directory that an id is of, with what it is called there; nil for the cloud's own.
func (b *ByDomain) whose(ctx context.Context, id string, kind keystone.ActorKind) (Directory, keystone.IDMapping, error) {
	if !keystone.IsMapped(id) {
		return nil, keystone.IDMapping{}, nil
	}
	m, err := b.Directories.DB.IDMapping(ctx, id)
	if fault.Is(err, fault.NotFound) || err == nil && m.EntityType != kind {
		return nil, m, nil // the cloud's own driver does not know it either
	}
	if err != nil {
		return nil, m, err
	}
	directory, err := b.Directories.Of(ctx, m.DomainID)
	return directory, m, err
}

// called says of what was not found in a directory what it is called here.
func called(noun, id string, err error) error {
	if fault.Is(err, fault.NotFound) {
		return keystone.NotFound(noun, id)
	}
	return err
}

// calledHere gives what a directory has the ids that it has here; called tells where its id is, and its name. What has an id there that
// cannot be kept is left out.
func calledHere[T any](
	ctx context.Context, b *ByDomain, domainID string, kind keystone.ActorKind, things []T, called func(*T) (id *string, name string),
) ([]T, error) {
	list, mappings := make([]T, 0, len(things)), make([]keystone.IDMapping, 0, len(things))
	for _, thing := range things {
		id, name := called(&thing)
		m, ok := keystone.Mapped(domainID, *id, kind)
		if !ok {
			slog.WarnContext(ctx, "an id in the directory is too long, so what has it is left out", "kind", kind, "domain", domainID, "name", name)
			continue
		}
		*id = m.PublicID
		list, mappings = append(list, thing), append(mappings, m)
	}
	return list, b.Directories.DB.KeepIDMappings(ctx, mappings)
}

// readOnly refuses to write in a directory. As keystone/identity/backends/ldap/core.py, READ_ONLY_LDAP_ERROR_MESSAGE.
func readOnly() error { return keystone.Forbidden("LDAP does not support write operations") }

// writable refuses to change what is of a directory.
func (b *ByDomain) writable(ctx context.Context, id string, kind keystone.ActorKind) error {
	directory, _, err := b.whose(ctx, id, kind)
	if err == nil && directory != nil {
		err = readOnly()
	}
	return err
}

// roomIn refuses to make something in a domain that has a directory.
func (b *ByDomain) roomIn(ctx context.Context, domainID string) error {
	directory, err := b.Directories.Of(ctx, domainID)
	if err == nil && directory != nil {
		err = readOnly()
	}
	return err
}

// inDirectory is the directory that a list is asked of, by its domain; nil for the cloud's own.
func (b *ByDomain) inDirectory(ctx context.Context, q keystone.Query) (Directory, string, error) {
	for _, c := range q.Where {
		if domainID, ok := c.Value.(string); ok && c.Attribute == "domain_id" && c.Compare == keystone.Equals {
			directory, err := b.Directories.Of(ctx, domainID)
			return directory, domainID, err
		}
	}
	return nil, "", nil
}

// Elsewhere tells whether a list is of a domain's directory.
func (b *ByDomain) Elsewhere(ctx context.Context, q keystone.Query) (bool, error) {
	directory, _, err := b.inDirectory(ctx, q)
	return directory != nil, err
}
