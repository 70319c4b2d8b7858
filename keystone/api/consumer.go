package api

import (
	"context"
	"strings"

	"cumulet/keystone"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) consumerRoutes() []rest.Route {
	const consumers, one = "/v3/OS-OAUTH1/consumers", "/v3/OS-OAUTH1/consumers/{id}"
	return []rest.Route{
		{Do: "POST " + consumers, Rule: "identity:create_consumer", In: rest.Body(consumerCreate), Status: 201, Unkept: true,
			Run: rest.JSON(a.createConsumer)},
		{Do: "GET " + consumers, Rule: "identity:list_consumers", Status: 200, Run: rest.Get(a.listConsumers)},
		{Do: "GET " + one, Rule: "identity:get_consumer", Status: 200, Run: rest.Get(a.showConsumer)},
		{Do: "PATCH " + one, Rule: "identity:update_consumer", In: rest.Body(consumerUpdate), Status: 200, Run: rest.JSON(a.updateConsumer)},
		{Do: "DELETE " + one, Rule: "identity:delete_consumer", Status: 204, Run: rest.Do(a.deleteConsumer)},
	}
}

// consumerMembers are keystone/oauth1/schema.py's; the bound is that of the column in oauth1/backends/sql.py.
const consumerMembers = `"description": {"type": ["string", "null"], "maxLength": 64}`

var consumerCreate, consumerUpdate = create("consumer", consumerMembers, ""), update("consumer", consumerMembers)

var consumerKnown = []string{"description", "secret"}

func (a *API) createConsumer(ctx context.Context, c *rest.Call, in body) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	var consumer keystone.Consumer
	consumerChange(in["consumer"]).Apply(&consumer)
	consumer, secret, err := a.OAuth.CreateConsumer(ctx, consumer)
	v := consumerView(c, consumer)
	v["secret"] = secret
	return view{"consumer": v}, err
}

func (a *API) listConsumers(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	consumers, err := a.OAuth.Consumers(ctx, a.query(c))
	return collection(a, c, "consumers", consumers, consumerView), err
}

func (a *API) showConsumer(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	consumer, err := a.OAuth.Consumer(ctx, c.Path("id"))
	return view{"consumer": consumerView(c, consumer)}, err
}

func (a *API) updateConsumer(ctx context.Context, c *rest.Call, in body) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	given := in["consumer"]
	if _, secret := given["secret"]; secret { // by no schema, whose refusal would repeat it
		return nil, keystone.Invalid("Cannot change secret")
	}
	if err := given.same("id", c.Path("id"), "ID"); err != nil {
		return nil, err
	}
	consumer, err := a.OAuth.UpdateConsumer(ctx, c.Path("id"), consumerChange(given))
	return view{"consumer": consumerView(c, consumer)}, err
}

func (a *API) deleteConsumer(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(policy.Target{}); err != nil {
		return err
	}
	return a.OAuth.DeleteConsumer(ctx, c.Path("id"))
}

// plainly writes the names of extra members as upstream keeps a consumer's. As keystone/server/flask/common.py, _normalize_arg.
var plainly = strings.NewReplacer(":", "_", "-", "_")

func consumerChange(given attributes) keystone.ConsumerChange {
	extra := map[string]any{}
	for name, value := range given.extra(consumerKnown...) {
		extra[plainly.Replace(name)] = value
	}
	return keystone.ConsumerChange{Description: given.nullable("description"), Extra: extra}
}

func consumerView(c *rest.Call, consumer keystone.Consumer) view {
	return seen(c, "OS-OAUTH1/consumers/"+consumer.ID, consumer.Extra, view{"id": consumer.ID, "description": consumer.Description})
}
