package resource

import (
	"context"
	"slices"

	"cumulet/keystone"
)

// AddTag puts a tag on a project; one that is there stays.
func (m *Manager) AddTag(ctx context.Context, p keystone.Project, tag string) error {
	if slices.Contains(p.Tags, tag) {
		return nil
	}
	_, err := m.SetTags(ctx, p.ID, append(slices.Clone(p.Tags), tag))
	return err
}

// DeleteTag takes a tag off a project.
func (m *Manager) DeleteTag(ctx context.Context, p keystone.Project, tag string) error {
	i := slices.Index(p.Tags, tag)
	if i < 0 {
		return keystone.NotFound("project tag", tag)
	}
	_, err := m.SetTags(ctx, p.ID, slices.Delete(slices.Clone(p.Tags), i, i+1))
	return err
}

// SetTags replaces a project's tags.
func (m *Manager) SetTags(ctx context.Context, id string, tags []string) (keystone.Project, error) {
	if len(tags) > keystone.MaxTags {
		return keystone.Project{}, keystone.Invalid("A project may have at most %d tags.", keystone.MaxTags)
	}
	return m.UpdateProject(ctx, id, keystone.ProjectChange{Tags: &tags})
}
