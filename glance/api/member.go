package api

import (
	"context"

	"cumulet/glance"
	"cumulet/oslo/fault"
	"cumulet/oslo/rest"
)

func (a *API) memberRoutes() []rest.Route {
	return []rest.Route{
		{Do: "POST /v2/images/{id}/members", Rule: "add_member", Status: 200, Run: rest.Get(a.createMember)},
		{Do: "GET /v2/images/{id}/members", Rule: "get_members", Status: 200, Run: rest.Get(a.listMembers)},
		{Do: "GET /v2/images/{id}/members/{member}", Rule: "get_member", Status: 200, Run: rest.Get(a.showMember)},
		{Do: "PUT /v2/images/{id}/members/{member}", Rule: "modify_member", Status: 200, Run: rest.Get(a.updateMember)},
		{Do: "DELETE /v2/images/{id}/members/{member}", Rule: "delete_member", Status: 204, Run: rest.Do(a.deleteMember)},
	}
}

type memberView struct {
	MemberID  string              `json:"member_id"`
	ImageID   string              `json:"image_id"`
	Status    glance.MemberStatus `json:"status"`
	CreatedAt string              `json:"created_at"`
	UpdatedAt string              `json:"updated_at"`
	Schema    string              `json:"schema"`
}

func viewMember(m glance.Member) memberView {
	return memberView{
		MemberID: m.ProjectID, ImageID: m.ImageID, Status: m.Status,
		CreatedAt: isoTime(m.CreatedAt), UpdatedAt: isoTime(m.UpdatedAt), Schema: "/v2/schemas/member",
	}
}

type membersView struct {
	Members []memberView `json:"members"`
	Schema  string       `json:"schema"`
}

// sharedImage reads the image that members are asked of, and asks for a rule on it.
func (a *API) sharedImage(ctx context.Context, c *rest.Call, refused string) (glance.Image, error) {
	i, err := a.Registry.Image(ctx, caller(c), c.Path("id"))
	if err != nil {
		return i, tagFault(err, c.Path("id"))
	}
	err = authorize(c, c.Route.Rule, i)
	if fault.Is(err, fault.Forbidden) && refused != "" {
		return i, glance.Forbidden(refused, c.Path("id")).Because(err)
	}
	return i, err
}

// onlyShared words the refusal of members for an image that is not shared, as each of upstream's handlers does.
func onlyShared(err error, format string, args ...any) error {
	if f := fault.Of(err); f != nil && f.Name == "OnlySharedHaveMembers" {
		return glance.Forbidden(format, args...).Because(err)
	}
	return err
}

func (a *API) createMember(ctx context.Context, c *rest.Call) (memberView, error) {
	member, err := field(c, "member", "Member to be added not specified", `Expected a member in the form: {"member": "image_id"}`)
	if err != nil {
		return memberView{}, err
	}
	switch {
	case member == "":
		return memberView{}, glance.Invalid("Member can't be empty")
	case len([]rune(member)) > 255:
		return memberView{}, glance.Invalid("Member can't be longer than 255 characters")
	}
	if _, err := a.sharedImage(ctx, c, "Not allowed to create members for image %s."); err != nil {
		return memberView{}, err
	}
	m, err := a.Registry.CreateMember(ctx, caller(c), c.Path("id"), member)
	return viewMember(m), onlyShared(err, "Not allowed to create members for image %s.", c.Path("id"))
}

// field reads one string of a JSON object.
func field(c *rest.Call, name, missing, mistyped string) (string, error) {
	fields, err := object(c.Raw, mistyped)
	if err != nil {
		return "", err
	}
	value, ok := fields[name]
	if !ok {
		return "", glance.Invalid("%s", missing)
	}
	text, ok := value.(string)
	if !ok && value != nil {
		return "", glance.Invalid("%s", mistyped)
	}
	return text, nil
}

func (a *API) listMembers(ctx context.Context, c *rest.Call) (membersView, error) {
	v := membersView{Members: []memberView{}, Schema: "/v2/schemas/members"}
	if _, err := a.sharedImage(ctx, c, ""); err != nil {
		return v, err
	}
	members, err := a.Registry.Members(ctx, caller(c), c.Path("id"))
	if err != nil {
		return v, onlyShared(err, "Not allowed to list members for image %s: Only shared images have members.", c.Path("id"))
	}
	for _, m := range members {
		v.Members = append(v.Members, viewMember(m))
	}
	return v, nil
}

func (a *API) showMember(ctx context.Context, c *rest.Call) (memberView, error) {
	if _, err := a.sharedImage(ctx, c, ""); err != nil {
		return memberView{}, hidden(err)
	}
	m, err := a.Registry.Member(ctx, caller(c), c.Path("id"), c.Path("member"))
	return viewMember(m), hidden(err)
}

// hidden makes a refusal to show a thing that is not there.
func hidden(err error) error {
	if f := fault.Of(err); f != nil && f.Kind == fault.Forbidden {
		return fault.New(fault.NotFound, f.Name, "%s", f.Text).Because(err)
	}
	return err
}

func (a *API) updateMember(ctx context.Context, c *rest.Call) (memberView, error) {
	status, err := field(c, "status", "Status not specified", `Expected a status in the form: {"status": "status"}`)
	if err != nil {
		return memberView{}, err
	}
	if _, err := a.sharedImage(ctx, c, "Not allowed to update members for image %s."); err != nil {
		return memberView{}, err
	}
	m, err := a.Registry.UpdateMember(ctx, caller(c), c.Path("id"), c.Path("member"), glance.MemberStatus(status))
	return viewMember(m), onlyShared(err, "Not allowed to update members for image %s.", c.Path("id"))
}

func (a *API) deleteMember(ctx context.Context, c *rest.Call) error {
	if _, err := a.sharedImage(ctx, c, "Not allowed to delete members for image %s."); err != nil {
		return err
	}
	err := a.Registry.DeleteMember(ctx, caller(c), c.Path("id"), c.Path("member"))
	return onlyShared(err, "Not allowed to delete members for image %s.", c.Path("id"))
}
