package glance

// LookAtBits has a host read bits that somebody else keeps; the answer is Bits.
type LookAtBits struct {
	Image    Image    `json:"image"` // what the bits are said to be
	Location Location `json:"location"`
}

// Method names the message on the bus.
func (LookAtBits) Method() string { return "look_at_bits" }
