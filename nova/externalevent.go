package nova

// ExternalEvent is what another service tells of a server; as os-server-external-events.
type ExternalEvent struct {
	Name     string `json:"name"` // network-vif-plugged, network-vif-unplugged, network-vif-deleted, network-changed …
	ServerID string `json:"server_uuid"`
	Status   string `json:"status"` // completed, failed, in-progress
	Tag      string `json:"tag"`    // the port's id
	// Code is how it was taken: 200, 404 (no such server), 422 (the server has no host yet).
	Code int `json:"code"`
}

// The events that are taken; as nova/objects/external_event.py.
const (
	NetworkChanged   = "network-changed"
	VIFPlugged       = "network-vif-plugged"
	VIFUnplugged     = "network-vif-unplugged"
	VIFDeleted       = "network-vif-deleted"
	VolumeExtended   = "volume-extended"
	PowerUpdate      = "power-update"
	AcceleratorBound = "accelerator-request-bound"
)
