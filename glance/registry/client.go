package registry

import (
	"context"

	"cumulet/glance"
	"cumulet/oslo/messaging"
)

// Client asks glance-registry over the bus: what glance-api knows of images it knows from here.
type Client struct{ Bus *messaging.Bus }

func ask[Out any](ctx context.Context, c *Client, m messaging.Message) (Out, error) {
	return messaging.Call[Out](ctx, c.Bus, messaging.Topic(glance.RegistryTopic), m)
}

func tell(ctx context.Context, c *Client, m messaging.Message) error {
	_, err := ask[struct{}](ctx, c, m)
	return err
}

// CreateImage registers an image without bits.
func (c *Client) CreateImage(ctx context.Context, caller glance.Caller, i glance.Image) (glance.Image, error) {
	return ask[glance.Image](ctx, c, glance.CreateImage{Caller: caller, Image: i})
}

// Image reads one image; one that the caller may not see does not exist.
func (c *Client) Image(ctx context.Context, caller glance.Caller, id string) (glance.Image, error) {
	return ask[glance.Image](ctx, c, glance.ShowImage{Caller: caller, ID: id})
}

// Images reads a page of the images that the caller may see.
func (c *Client) Images(ctx context.Context, caller glance.Caller, f glance.Filter) ([]glance.Image, error) {
	return ask[[]glance.Image](ctx, c, glance.ListImages{Caller: caller, Filter: f})
}

// UpdateImage applies a patch, all of it or nothing.
func (c *Client) UpdateImage(ctx context.Context, caller glance.Caller, id string, changes []glance.Change) (glance.Image, error) {
	return ask[glance.Image](ctx, c, glance.UpdateImage{Caller: caller, ID: id, Changes: changes})
}

// DeleteImage deletes an image and tells where its bits lie, for the caller to remove.
func (c *Client) DeleteImage(ctx context.Context, caller glance.Caller, id string) ([]glance.Location, error) {
	return ask[[]glance.Location](ctx, c, glance.DeleteImage{Caller: caller, ID: id})
}

// ActivateImage gives a deactivated image back, or deactivates it.
func (c *Client) ActivateImage(ctx context.Context, caller glance.Caller, id string, active bool) error {
	_, err := ask[glance.Image](ctx, c, glance.ActivateImage{Caller: caller, ID: id, Active: active})
	return err
}

// AddTag adds a tag to an image.
func (c *Client) AddTag(ctx context.Context, caller glance.Caller, id, tag string) error {
	_, err := ask[glance.Image](ctx, c, glance.TagImage{Caller: caller, ID: id, Tag: tag})
	return err
}

// DeleteTag takes a tag off an image.
func (c *Client) DeleteTag(ctx context.Context, caller glance.Caller, id, tag string) error {
	_, err := ask[glance.Image](ctx, c, glance.TagImage{Caller: caller, ID: id, Tag: tag, Remove: true})
	return err
}

// BeginUpload asks for the right to bring an image's bits to a store.
func (c *Client) BeginUpload(ctx context.Context, caller glance.Caller, id, store string) (glance.Upload, error) {
	return ask[glance.Upload](ctx, c, glance.BeginUpload{Caller: caller, ID: id, Store: store})
}

// RenewUpload says that an upload goes on; a fault of kind gone says that it must not.
func (c *Client) RenewUpload(ctx context.Context, u glance.Upload) error {
	return tell(ctx, c, glance.RenewUpload{ID: u.Image.ID, Token: u.Token})
}

// FinishUpload makes the image active with its bits.
func (c *Client) FinishUpload(ctx context.Context, u glance.Upload, b glance.Bits) (glance.Image, error) {
	return ask[glance.Image](ctx, c, glance.FinishUpload{ID: u.Image.ID, Token: u.Token, Bits: b})
}

// AbortUpload queues the image again.
func (c *Client) AbortUpload(ctx context.Context, u glance.Upload) error {
	return tell(ctx, c, glance.AbortUpload{ID: u.Image.ID, Token: u.Token})
}

// CreateMember shares an image with a project.
func (c *Client) CreateMember(ctx context.Context, caller glance.Caller, imageID, projectID string) (glance.Member, error) {
	return ask[glance.Member](ctx, c, glance.CreateMember{Caller: caller, ImageID: imageID, ProjectID: projectID})
}

// Member reads one member of an image.
func (c *Client) Member(ctx context.Context, caller glance.Caller, imageID, projectID string) (glance.Member, error) {
	return ask[glance.Member](ctx, c, glance.ShowMember{Caller: caller, ImageID: imageID, ProjectID: projectID})
}

// Members lists the members of an image that the caller may see.
func (c *Client) Members(ctx context.Context, caller glance.Caller, imageID string) ([]glance.Member, error) {
	return ask[[]glance.Member](ctx, c, glance.ListMembers{Caller: caller, ImageID: imageID})
}

// UpdateMember says what the member makes of the offer.
func (c *Client) UpdateMember(ctx context.Context, caller glance.Caller, imageID, projectID string, s glance.MemberStatus) (glance.Member, error) {
	return ask[glance.Member](ctx, c, glance.UpdateMember{Caller: caller, ImageID: imageID, ProjectID: projectID, Status: s})
}

// DeleteMember ends the sharing with one project.
func (c *Client) DeleteMember(ctx context.Context, caller glance.Caller, imageID, projectID string) error {
	return tell(ctx, c, glance.DeleteMember{Caller: caller, ImageID: imageID, ProjectID: projectID})
}

// Doomed lists at most limit places where bits of deleted images still lie.
func (c *Client) Doomed(ctx context.Context, limit int) ([]glance.Location, error) {
	return ask[[]glance.Location](ctx, c, glance.ListDoomed{Limit: limit})
}

// Forget says that the bits of a deleted image are gone from a place.
func (c *Client) Forget(ctx context.Context, l glance.Location) error {
	return tell(ctx, c, glance.ForgetLocation{Location: l})
}

// Orphans tells which keys of a store neither an image nor an upload knows.
func (c *Client) Orphans(ctx context.Context, store string, keys []string) ([]string, error) {
	return ask[[]string](ctx, c, glance.FindOrphans{Store: store, Keys: keys})
}
