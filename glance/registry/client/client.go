// Package client is the other end of glance-registry's messages: what glance-api knows of images it knows from here, over the
// bus. It stands apart from package registry so that whoever asks the registry does not bring its database along.
package client

import (
	"context"

	"cumulet/glance"
	"cumulet/oslo/messaging"
)

// Registry asks glance-registry over the bus.
type Registry struct{ Bus *messaging.Bus }

func ask[Out any](ctx context.Context, r *Registry, m messaging.Message) (Out, error) {
	return messaging.Call[Out](ctx, r.Bus, messaging.Topic(glance.RegistryTopic), m)
}

func tell(ctx context.Context, r *Registry, m messaging.Message) error {
	_, err := ask[struct{}](ctx, r, m)
	return err
}

// CreateImage registers an image without bits.
func (r *Registry) CreateImage(ctx context.Context, caller glance.Caller, i glance.Image) (glance.Image, error) {
	return ask[glance.Image](ctx, r, glance.CreateImage{Caller: r.holding(ctx, caller), Image: i})
}

// Image reads one image; one that the caller may not see does not exist.
func (r *Registry) Image(ctx context.Context, caller glance.Caller, id string) (glance.Image, error) {
	return ask[glance.Image](ctx, r, glance.ShowImage{Caller: caller, ID: id})
}

// Images reads a page of the images that the caller may see.
func (r *Registry) Images(ctx context.Context, caller glance.Caller, f glance.Filter) ([]glance.Image, error) {
	return ask[[]glance.Image](ctx, r, glance.ListImages{Caller: caller, Filter: f})
}

// UpdateImage applies a patch, all of it or nothing.
func (r *Registry) UpdateImage(ctx context.Context, caller glance.Caller, id string, changes []glance.Change) (glance.Image, error) {
	return ask[glance.Image](ctx, r, glance.UpdateImage{Caller: caller, ID: id, Changes: changes})
}

// DeleteImage deletes an image and tells where its bits lie, for the caller to remove.
func (r *Registry) DeleteImage(ctx context.Context, caller glance.Caller, id string) ([]glance.Location, error) {
	return ask[[]glance.Location](ctx, r, glance.DeleteImage{Caller: caller, ID: id})
}

// ActivateImage gives a deactivated image back, or deactivates it.
func (r *Registry) ActivateImage(ctx context.Context, caller glance.Caller, id string, active bool) error {
	_, err := ask[glance.Image](ctx, r, glance.ActivateImage{Caller: r.holding(ctx, caller), ID: id, Active: active})
	return err
}

// AddTag adds a tag to an image.
func (r *Registry) AddTag(ctx context.Context, caller glance.Caller, id, tag string) error {
	_, err := ask[glance.Image](ctx, r, glance.TagImage{Caller: caller, ID: id, Tag: tag})
	return err
}

// DeleteTag takes a tag off an image.
func (r *Registry) DeleteTag(ctx context.Context, caller glance.Caller, id, tag string) error {
	_, err := ask[glance.Image](ctx, r, glance.TagImage{Caller: caller, ID: id, Tag: tag, Remove: true})
	return err
}

// BeginUpload asks for the right to bring an image's bits to a store.
func (r *Registry) BeginUpload(ctx context.Context, caller glance.Caller, id, store string) (glance.Upload, error) {
	return ask[glance.Upload](ctx, r, glance.BeginUpload{Caller: caller, ID: id, Store: store})
}

// RenewUpload says that an upload goes on, and how many bytes have come; a fault of kind gone says that it must not.
func (r *Registry) RenewUpload(ctx context.Context, u glance.Upload, copied int64) error {
	return tell(ctx, r, glance.RenewUpload{ID: u.Image.ID, Token: u.Token, Copied: copied})
}

// FinishUpload makes the image active with its bits.
func (r *Registry) FinishUpload(ctx context.Context, u glance.Upload, b glance.Bits) (glance.Image, error) {
	return ask[glance.Image](ctx, r, glance.FinishUpload{ID: u.Image.ID, Token: u.Token, Bits: b})
}

// AbortUpload queues the image again.
func (r *Registry) AbortUpload(ctx context.Context, u glance.Upload) error {
	return tell(ctx, r, glance.AbortUpload{ID: u.Image.ID, Token: u.Token})
}

// CreateMember shares an image with a project.
func (r *Registry) CreateMember(ctx context.Context, caller glance.Caller, imageID, projectID string) (glance.Member, error) {
	return ask[glance.Member](ctx, r, glance.CreateMember{Caller: r.holding(ctx, caller), ImageID: imageID, ProjectID: projectID})
}

// Member reads one member of an image.
func (r *Registry) Member(ctx context.Context, caller glance.Caller, imageID, projectID string) (glance.Member, error) {
	return ask[glance.Member](ctx, r, glance.ShowMember{Caller: caller, ImageID: imageID, ProjectID: projectID})
}

// Members lists the members of an image that the caller may see.
func (r *Registry) Members(ctx context.Context, caller glance.Caller, imageID string) ([]glance.Member, error) {
	return ask[[]glance.Member](ctx, r, glance.ListMembers{Caller: caller, ImageID: imageID})
}

// UpdateMember says what the member makes of the offer.
func (r *Registry) UpdateMember(ctx context.Context, caller glance.Caller, imageID, projectID string, s glance.MemberStatus) (glance.Member, error) {
	return ask[glance.Member](ctx, r, glance.UpdateMember{Caller: caller, ImageID: imageID, ProjectID: projectID, Status: s})
}

// DeleteMember ends the sharing with one project.
func (r *Registry) DeleteMember(ctx context.Context, caller glance.Caller, imageID, projectID string) error {
	return tell(ctx, r, glance.DeleteMember{Caller: caller, ImageID: imageID, ProjectID: projectID})
}

// Usage tells what the caller's project has, and may have, of what keystone limits.
func (r *Registry) Usage(ctx context.Context, caller glance.Caller) (map[string]glance.Usage, error) {
	return ask[map[string]glance.Usage](ctx, r, glance.ShowUsage{Caller: caller})
}

// DeleteFromStore takes an image's bits out of one store and tells where they lie, for the caller to remove.
func (r *Registry) DeleteFromStore(ctx context.Context, caller glance.Caller, id, store string) ([]glance.Location, error) {
	return ask[[]glance.Location](ctx, r, glance.DeleteFromStore{Caller: caller, ID: id, Store: store})
}

// Doomed lists at most limit places where bits of deleted images still lie.
func (r *Registry) Doomed(ctx context.Context, store string, limit int) ([]glance.Location, error) {
	return ask[[]glance.Location](ctx, r, glance.ListDoomed{Store: store, Limit: limit})
}

// Forget says that the bits of a deleted image are gone from a place.
func (r *Registry) Forget(ctx context.Context, l glance.Location) error {
	return tell(ctx, r, glance.ForgetLocation{Location: l})
}

// Orphans tells which keys of a store neither an image nor an upload knows.
func (r *Registry) Orphans(ctx context.Context, store string, keys []string) ([]string, error) {
	return ask[[]string](ctx, r, glance.FindOrphans{Store: store, Keys: keys})
}
