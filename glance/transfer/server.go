package transfer

import (
	"context"

	"cumulet/glance"
	"cumulet/oslo/messaging"
)

// Server takes the messages of glance.TransferTopic: what the registry has this host do with bits.
type Server struct {
	Transfer *Transfer
	Bus      *messaging.Bus
}

// workers is how many transfers run at once at most. How many there are is up to the registries (glance.imports).
const workers = 256

// Run serves until ctx ends; ready is called once messages are taken.
func (s *Server) Run(ctx context.Context, ready func()) error {
	server := &messaging.Server{Bus: s.Bus, Topic: glance.TransferTopic, Host: s.Transfer.Host, Workers: workers, Log: s.Transfer.Log}
	messaging.Answer(server, s.Transfer.Bring)
	messaging.Answer(server, s.Transfer.Process)
	messaging.Take(server, s.Transfer.Drop)
	messaging.Answer(server, s.Transfer.Look)
	return server.Run(ctx, ready)
}
