package api

import (
	"cumulet/glance"
	"cumulet/oslo/fault"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

// caller is who asks, as the registry is told.
func caller(c *rest.Call) glance.Caller {
	return glance.Caller{ProjectID: c.Who.ProjectID, UserID: c.Who.UserID, Admin: c.Allowed("context_is_admin", nil)}
}

// target is what rules compare an image with, as glance/api/policy.py, ImageTarget.
func target(i glance.Image) policy.Target {
	return policy.Target{
		"project_id": i.Owner, "owner": i.Owner, "visibility": string(i.Visibility), "member_id": i.Member,
	}
}

// authorize asks whether the caller may do what a rule names to an image. Where it may not even see the image, the
// image does not exist. As glance/api/v2/policy.py, ImageAPIPolicy._enforce.
func authorize(c *rest.Call, rule string, i glance.Image) error {
	err := c.AuthorizeRule(rule, target(i))
	if err != nil && !c.Allowed("get_image", target(i)) {
		return unseen(err)
	}
	return err
}

// unseen is what there is not for a caller, who may not see it.
func unseen(err error) error {
	return fault.New(fault.NotFound, "HTTPNotFound", "The resource could not be found.").Because(err)
}

// authorizeOwner is authorize for what the legacy policies leave to the owner: who may by them not, but sees the image, is told
// that it is another's. As glance/api/v2/policy.py, check_is_image_mutable.
func authorizeOwner(c *rest.Call, rule string, i glance.Image) error {
	err := authorize(c, rule, i)
	if fault.Is(err, fault.Forbidden) && i.Owner != c.Who.ProjectID {
		return glance.Forbidden("You do not own this image").Because(err)
	}
	return err
}

// authorizeVisibility asks whether the caller may show an image to others than its owner and members.
func authorizeVisibility(c *rest.Call, v glance.Visibility, t policy.Target) error {
	switch v {
	case glance.Public:
		return c.AuthorizeRule("publicize_image", t)
	case glance.Community:
		return c.AuthorizeRule("communitize_image", t)
	}
	return nil
}
