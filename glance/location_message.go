package glance

import "encoding/json"

// AddLocation has an image without bits get them from a place, once they have been looked at; the answer is the Task.
type AddLocation struct {
	Caller    Caller          `json:"caller"`
	ID        string          `json:"id"`
	RequestID string          `json:"request_id"`
	Claim     Claim           `json:"claim"`
	Input     json.RawMessage `json:"input"` // what the task shows as asked for
}

// Method names the message on the bus.
func (AddLocation) Method() string { return "add_location" }

// LookAtBits has a host read bits that somebody else keeps; the answer is Bits.
type LookAtBits struct {
	Image    Image    `json:"image"` // what the bits are said to be
	Location Location `json:"location"`
}

// Method names the message on the bus.
func (LookAtBits) Method() string { return "look_at_bits" }
