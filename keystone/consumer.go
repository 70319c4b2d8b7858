package keystone

import "cumulet/oslo/fault"

// Consumer is a program that may ask users, by OAuth 1.0, to let it act for them. It signs its requests with a secret, which is shown
// once, when the consumer is made.
type Consumer struct {
	ID          string
	Description *string
	Extra       map[string]any
}

// Identity makes a consumer's events findable.
func (c Consumer) Identity() (id, projectID string) { return c.ID, "" }

// ConsumerChange is what an update gives; nil members stay.
type ConsumerChange struct {
	Description **string // to nil for null
	Extra       map[string]any
}

// Apply changes to.
func (c ConsumerChange) Apply(to *Consumer) {
	set(&to.Description, c.Description)
	to.Extra = merged(to.Extra, c.Extra, false)
}

// ConsumerNotFound is the fault for a consumer that is not there. As keystone/oauth1/backends/sql.py, which does not say which.
func ConsumerNotFound() *fault.Fault {
	return fault.New(fault.NotFound, "NotFound", "Consumer not found")
}
