package registry

import (
	"cumulet/glance"
	"cumulet/oslo/flow"
	"cumulet/oslo/messaging"
)

// ImportState is what an import knows of itself.
type ImportState = importState

// ImportFlow is the flow that imports.
func (r *Registry) ImportFlow() flow.Flow[ImportState] { return r.importFlow() }

// Messages answers the registry's messages, without running imports.
func (r *Registry) Messages(b *messaging.Bus) *messaging.Server {
	server := &messaging.Server{Bus: b, Topic: glance.RegistryTopic}
	r.answers(server)
	return server
}

// LocationState is what the flow that looks at a place knows of itself.
type LocationState = locationState

// LocationFlow is that flow.
func (r *Registry) LocationFlow() flow.Flow[LocationState] { return r.locationFlow() }

// LocationStateOf is what the flow begins with.
func LocationStateOf(t glance.Task, c glance.Claim) LocationState {
	return LocationState{Image: importState{TaskID: t.ID, ImageID: t.ImageID}, Claim: c}
}
