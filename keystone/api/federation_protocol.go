package api

import (
	"context"

	"cumulet/keystone"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) federationProtocolRoutes() []rest.Route {
	const all = "/v3/OS-FEDERATION/identity_providers/{id}/protocols"
	const one = all + "/{protocol}"
	return []rest.Route{
		{Do: "PUT " + one, Rule: "identity:create_protocol", In: rest.Body(protocolCreate), Status: 201, Run: rest.JSON(a.createProtocol)},
		{Do: "GET " + all, Rule: "identity:list_protocols", Status: 200, Run: rest.Get(a.listProtocols)},
		{Do: "GET " + one, Rule: "identity:get_protocol", Status: 200, Run: rest.Get(a.showProtocol)},
		{Do: "PATCH " + one, Rule: "identity:update_protocol", In: rest.Body(protocolUpdate), Status: 200, Run: rest.JSON(a.updateProtocol)},
		{Do: "DELETE " + one, Rule: "identity:delete_protocol", Status: 204, Run: rest.Do(a.deleteProtocol)},
	}
}

// protocolMembers are keystone/federation/schema.py's.
const protocolMembers = `
	"mapping_id": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[a-zA-Z0-9-_]+$"},
	"remote_id_attribute": {"type": "string", "maxLength": 64}`

var (
	protocolCreate = exactly("protocol", protocolMembers, []string{"mapping_id"}, 0)
	protocolUpdate = exactly("protocol", protocolMembers, nil, 1)
)

func (a *API) createProtocol(ctx context.Context, c *rest.Call, in body) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	id, err := chosenID(c, "protocol", "a protocol")
	if err != nil {
		return nil, err
	}
	p := keystone.FederationProtocol{ID: id, IdentityProviderID: c.Path("id")}
	protocolChange(in["protocol"]).Apply(&p)
	p, err = a.Federation.CreateProtocol(ctx, p)
	return view{"protocol": protocolView(c, p)}, err
}

func protocolChange(given attributes) keystone.FederationProtocolChange {
	return keystone.FederationProtocolChange{MappingID: given.text("mapping_id"), RemoteIDAttribute: given.nullable("remote_id_attribute")}
}

// listProtocols lists none for an identity provider that is not there, as upstream does.
func (a *API) listProtocols(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	protocols, err := a.Federation.FederationProtocols(ctx, a.query(c).And("identity_provider_id", c.Path("id")))
	return collection(a, c, "protocols", protocols, protocolListed), err
}

func (a *API) showProtocol(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	p, err := a.Federation.FederationProtocol(ctx, c.Path("id"), c.Path("protocol"))
	return view{"protocol": protocolView(c, p)}, err
}

func (a *API) updateProtocol(ctx context.Context, c *rest.Call, in body) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	p, err := a.Federation.UpdateProtocol(ctx, c.Path("id"), c.Path("protocol"), protocolChange(in["protocol"]))
	return view{"protocol": protocolView(c, p)}, err
}

func (a *API) deleteProtocol(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(policy.Target{}); err != nil {
		return err
	}
	return a.Federation.DeleteProtocol(ctx, c.Path("id"), c.Path("protocol"))
}

// protocolListed is a protocol in a list, where upstream shows all of it.
func protocolListed(c *rest.Call, p keystone.FederationProtocol) view {
	v := protocolView(c, p)
	v["idp_id"], v["remote_id_attribute"] = p.IdentityProviderID, p.RemoteIDAttribute
	return v
}

func protocolView(c *rest.Call, p keystone.FederationProtocol) view {
	of := "OS-FEDERATION/identity_providers/" + p.IdentityProviderID
	v := seen(c, of+"/protocols/"+p.ID, nil, view{"id": p.ID, "mapping_id": p.MappingID})
	v["links"].(view)["identity_provider"] = c.URL("/v3/" + of)
	return v
}
