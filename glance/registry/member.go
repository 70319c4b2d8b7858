package registry

import (
	"context"

	"cumulet/glance"
	"cumulet/glance/db"
	"cumulet/oslo/fault"
)

// CreateMember shares an image with a project, which then has to accept it.
func (r *Registry) CreateMember(ctx context.Context, m glance.CreateMember) (glance.Member, error) {
	ctx = r.under(ctx, m.Caller)
	now := r.Now()
	member := glance.Member{ImageID: m.ImageID, ProjectID: m.ProjectID, Status: glance.Pending, CreatedAt: now, UpdatedAt: now}
	err := r.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := shared(ctx, tx, m.Caller, m.ImageID); err != nil {
			return err
		}
		members, err := tx.Members(ctx, m.ImageID)
		if err != nil {
			return err
		}
		if n := len(members) + 1; r.Limits.Members >= 0 && n > r.Limits.Members {
			return fault.New(fault.TooLarge, "LimitExceeded", "Image member limit exceeded for image %s: The limit has been "+
				"exceeded on the number of allowed image members for this image. Attempted: %d, Maximum: %d:",
				m.ImageID, n, r.Limits.Members)
		}
		duplicate, err := tx.InsertMember(ctx, member)
		if err != nil {
			return err
		}
		if duplicate {
			return glance.Conflict("Member %s is duplicated for image %s", m.ProjectID, m.ImageID)
		}
		return tx.Record(ctx, "image.member.create", member)
	})
	return member, err
}

// shared reads an image and checks that it may have members.
func shared(ctx context.Context, from reader, caller glance.Caller, id string) (glance.Image, error) {
	image, err := seen(ctx, from, caller, id)
	if f := fault.Of(err); f != nil && f.Kind == fault.NotFound {
		return glance.Image{}, fault.New(fault.NotFound, f.Name, "Image %s not found.", id)
	}
	if err != nil {
		return glance.Image{}, err
	}
	if image.Visibility != glance.Shared {
		return glance.Image{}, fault.New(fault.Forbidden, "OnlySharedHaveMembers", "Only shared images have members.")
	}
	return image, nil
}

// ListMembers lists an image's members: all of them for its owner, themselves for others.
func (r *Registry) ListMembers(ctx context.Context, m glance.ListMembers) ([]glance.Member, error) {
	image, err := shared(ctx, r.DB, m.Caller, m.ImageID)
	if err != nil {
		return nil, err
	}
	all, err := r.DB.Members(ctx, m.ImageID)
	if err != nil || m.Caller.Admin || m.Caller.Owns(image) {
		return all, err
	}
	own := []glance.Member{}
	for _, member := range all {
		if member.ProjectID == m.Caller.ProjectID {
			own = append(own, member)
		}
	}
	return own, nil
}

// ShowMember reads one member; of the members, each sees only itself.
func (r *Registry) ShowMember(ctx context.Context, m glance.ShowMember) (glance.Member, error) {
	image, err := shared(ctx, r.DB, m.Caller, m.ImageID)
	if err != nil {
		return glance.Member{}, err
	}
	return member(ctx, r.DB, m.Caller, image, m.ProjectID)
}

// memberReader is what a member can be read from.
type memberReader interface {
	Member(ctx context.Context, imageID, projectID string) (glance.Member, bool, error)
}

func member(ctx context.Context, from memberReader, caller glance.Caller, image glance.Image, projectID string) (glance.Member, error) {
	m, found, err := from.Member(ctx, image.ID, projectID)
	if err != nil {
		return glance.Member{}, err
	}
	if !found || !caller.Admin && !caller.Owns(image) && caller.ProjectID != projectID {
		return glance.Member{}, fault.New(fault.NotFound, "MemberNotFound",
			"%s not found in the member list of the image %s.", projectID, image.ID)
	}
	return m, nil
}

// UpdateMember takes what the member makes of the offer.
func (r *Registry) UpdateMember(ctx context.Context, m glance.UpdateMember) (glance.Member, error) {
	var changed glance.Member
	err := r.DB.Tx(ctx, func(tx *db.Tx) error {
		image, err := shared(ctx, tx, m.Caller, m.ImageID)
		if err != nil {
			return err
		}
		// An owner cannot accept on the member's behalf, nor be a member itself. As glance/api/v2/image_members.py, update.
		if !m.Caller.Admin && m.Caller.Owns(image) {
			return glance.Forbidden("Not allowed to update members for image %s.", m.ImageID)
		}
		if changed, err = member(ctx, tx, m.Caller, image, m.ProjectID); err != nil {
			return err
		}
		// Nor one member for another.
		if !m.Caller.Admin && m.Caller.ProjectID != m.ProjectID {
			return glance.Forbidden("Not allowed to update members for image %s.", m.ImageID)
		}
		if !m.Status.Valid() {
			return glance.Invalid(`Incorrect request: Status must be "pending", "accepted" or "rejected".`)
		}
		changed.Status, changed.UpdatedAt = m.Status, r.Now()
		if err := tx.UpdateMember(ctx, changed); err != nil {
			return err
		}
		return tx.Record(ctx, "image.member.update", changed)
	})
	return changed, err
}

// DeleteMember ends the sharing with one project.
func (r *Registry) DeleteMember(ctx context.Context, m glance.DeleteMember) error {
	return r.DB.Tx(ctx, func(tx *db.Tx) error {
		image, err := shared(ctx, tx, m.Caller, m.ImageID)
		if err != nil {
			return err
		}
		gone, err := member(ctx, tx, m.Caller, image, m.ProjectID)
		if err != nil {
			return err
		}
		if err := tx.DeleteMember(ctx, m.ImageID, m.ProjectID); err != nil {
			return err
		}
		return tx.Record(ctx, "image.member.delete", gone)
	})
}
