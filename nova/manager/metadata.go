package manager

import (
	"context"
	"maps"
	"slices"

	"cumulet/nova"
	novadb "cumulet/nova/db"
	"cumulet/oslo/fault"
	"cumulet/oslo/limit"
	"cumulet/oslo/policy"
)

// maxTags is how many tags a server may bear; as nova/objects/instance.py, MAX_TAG_COUNT.
const maxTags = 50

// SetMetadata writes items into a server's metadata and gives the whole; with replace all others go.
func (m *Manager) SetMetadata(ctx context.Context, who policy.Who, id string, items map[string]string, replace bool) (map[string]string, error) {
	s, err := m.alter(ctx, who, id, "server.update", func(tx *novadb.Tx, s *nova.Server) error {
		if err := allowed(who, *s, nova.SetMetadata); err != nil {
			return err
		}
		all := maps.Clone(s.Metadata)
		if replace {
			all = map[string]string{}
		}
		maps.Copy(all, items)
		limits, err := m.limits(ctx, tx, s.ProjectID, "")
		if err != nil {
			return err
		}
		if len(limit.Check(limit.Request{Limit: limits["metadata_items"], Delta: len(all)})) > 0 {
			return overQuota("MetadataLimitExceeded", "Maximum number of metadata items exceeds %d", limits["metadata_items"])
		}
		s.Metadata = all
		return tx.IndexServer(ctx, *s)
	})
	return s.Metadata, err
}

// DeleteMetadata removes one item; a key that is not there is a fault of kind NotFound "Metadata item was not found".
func (m *Manager) DeleteMetadata(ctx context.Context, who policy.Who, id, key string) error {
	_, err := m.alter(ctx, who, id, "server.update", func(tx *novadb.Tx, s *nova.Server) error {
		if _, ok := s.Metadata[key]; !ok {
			return fault.New(fault.NotFound, "InstanceMetadataNotFound", "Metadata item was not found")
		}
		if err := allowed(who, *s, nova.DropMetadata); err != nil {
			return err
		}
		delete(s.Metadata, key)
		return tx.IndexServer(ctx, *s)
	})
	return err
}

func allowed(who policy.Who, s nova.Server, t nova.Transition) error {
	if err := unlocked(who, s); err != nil {
		return err
	}
	return t.Check(s)
}

// SetTags replaces a server's tags and gives them as kept.
func (m *Manager) SetTags(ctx context.Context, who policy.Who, id string, tags []string) ([]string, error) {
	s, err := m.alterTags(ctx, who, id, func(*nova.Server) ([]string, error) { return tags, nil })
	return s.Tags, err
}

// AddTag adds one; added is false when it was there already.
func (m *Manager) AddTag(ctx context.Context, who policy.Who, id, tag string) (added bool, err error) {
	_, err = m.alterTags(ctx, who, id, func(s *nova.Server) ([]string, error) {
		added = !s.HasTag(tag)
		if added && len(s.Tags) >= maxTags {
			return nil, invalid("TooManyTags", "The number of tags exceeded the per-server limit %d", maxTags)
		}
		return append(s.Tags, tag), nil
	})
	return added, err
}

// DeleteTag removes one.
func (m *Manager) DeleteTag(ctx context.Context, who policy.Who, id, tag string) error {
	_, err := m.alterTags(ctx, who, id, func(s *nova.Server) ([]string, error) {
		if !s.HasTag(tag) {
			return nil, fault.New(fault.NotFound, "InstanceTagNotFound", "Instance %s has no tag '%s'", id, tag)
		}
		return slices.DeleteFunc(s.Tags, func(t string) bool { return t == tag }), nil
	})
	return err
}

func (m *Manager) alterTags(
	ctx context.Context, who policy.Who, id string, to func(*nova.Server) ([]string, error),
) (nova.Server, error) {
	return m.alter(ctx, who, id, "server.update", func(tx *novadb.Tx, s *nova.Server) error {
		switch s.VMState { // as nova/api/openstack/compute/server_tags.py, check_instance_in_valid_state
		case nova.Active, nova.Paused, nova.Suspended, nova.Stopped:
		default:
			return nova.Transition{Action: "update tags", From: []nova.VMState{nova.Active}, AnyTask: true}.Check(*s)
		}
		tags, err := to(s)
		if err != nil {
			return err
		}
		s.Tags = slices.Compact(slices.Sorted(slices.Values(tags)))
		return tx.IndexServer(ctx, *s)
	})
}
