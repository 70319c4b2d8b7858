package api

import (
	"context"

	"cumulet/keystone"
)

// federatedMembers are keystone/identity/schema.py's: what identity providers call a user.
const federatedMembers = `"federated": {"type": "array", "maxItems": 64, "items": {"type": "object", "required": ["idp_id", "protocols"], "properties": {
	"idp_id": {"type": "string"},
	"protocols": {"type": "array", "minItems": 1, "maxItems": 64, "items": {"type": "object", "required": ["protocol_id", "unique_id"], "properties": {
		"protocol_id": {"type": "string"}, "unique_id": {"type": "string", "maxLength": 255}}}}}}}`

// federated are what identity providers are to call a user; given is false where a body says nothing of it.
func (a attributes) federated() (called []keystone.FederatedUser, given bool) {
	list, given := a["federated"].([]any)
	for _, one := range list {
		provider, _ := one.(map[string]any)
		protocols, _ := provider["protocols"].([]any)
		for _, p := range protocols {
			protocol, _ := p.(map[string]any)
			called = append(called, keystone.FederatedUser{
				IdentityProviderID: attributes(provider).word("idp_id"), ProtocolID: attributes(protocol).word("protocol_id"),
				UniqueID: attributes(protocol).word("unique_id"),
			})
		}
	}
	return called, given && len(list) > 0
}

// withFederated adds to a user's view what identity providers call them, if any does. As federated_objects_to_list.
func (a *API) withFederated(ctx context.Context, v view, userID string) error {
	called, err := a.Federation.FederatedUsers(ctx, userID)
	if err != nil || len(called) == 0 {
		return err
	}
	var providers []view
	for _, c := range called {
		if n := len(providers); n == 0 || providers[n-1]["idp_id"] != c.IdentityProviderID {
			providers = append(providers, view{"idp_id": c.IdentityProviderID, "protocols": []view{}})
		}
		last := providers[len(providers)-1]
		last["protocols"] = append(last["protocols"].([]view), view{"protocol_id": c.ProtocolID, "unique_id": c.UniqueID})
	}
	v["federated"] = providers
	return nil
}
