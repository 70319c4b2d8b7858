package glance

// What glance-api asks of glance-registry for requests with an Idempotency-Key, since the registry's database is where they are
// kept. As idempotency.Request and idempotency.Hold.
type (
	// BeginKeyed takes a request up; the answer is Begun.
	BeginKeyed struct {
		ID     string `json:"id"`
		Caller string `json:"caller"`
		Print  string `json:"print"`
	}
	// Begun is the right to do the request, or the answer that was given before.
	Begun struct {
		Hold   Hold   `json:"hold"`
		Answer []byte `json:"answer,omitempty"`
	}
	// EndKeyed keeps the answer, or says that there is none.
	EndKeyed struct {
		Hold   Hold   `json:"hold"`
		Answer []byte `json:"answer,omitempty"`
	}
	// Hold is the right to do a request.
	Hold struct {
		ID    string `json:"id"`
		Fence int64  `json:"fence"`
	}
)

// Method names the message on the bus.
func (BeginKeyed) Method() string { return "begin_keyed" }

// Method names the message on the bus.
func (EndKeyed) Method() string { return "end_keyed" }
