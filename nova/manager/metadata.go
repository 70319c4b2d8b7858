package manager

import (
	"context"

	"cumulet/oslo/policy"
)

// SetMetadata writes items into a server's metadata and gives the whole; with replace all others go.
func (m *Manager) SetMetadata(ctx context.Context, who policy.Who, id string, items map[string]string, replace bool) (map[string]string, error) {
	return nil, errUnderWay
}

// DeleteMetadata removes one item; a key that is not there is a fault of kind NotFound "Metadata item was not found".
func (m *Manager) DeleteMetadata(ctx context.Context, who policy.Who, id, key string) error {
	return errUnderWay
}

// SetTags replaces a server's tags and gives them as kept.
func (m *Manager) SetTags(ctx context.Context, who policy.Who, id string, tags []string) ([]string, error) {
	return nil, errUnderWay
}

// AddTag adds one; added is false when it was there already.
func (m *Manager) AddTag(ctx context.Context, who policy.Who, id, tag string) (added bool, err error) {
	return false, errUnderWay
}

// DeleteTag removes one.
func (m *Manager) DeleteTag(ctx context.Context, who policy.Who, id, tag string) error {
	return errUnderWay
}
