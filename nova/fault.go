package nova

import "cumulet/oslo/fault"

// NoServer is the fault of asking for a server that is not there, or not the caller's.
func NoServer(id string) *fault.Fault {
	return fault.New(fault.NotFound, "InstanceNotFound", "Instance %s could not be found.", id)
}

// NoFlavor is the fault of asking for a flavor that is not there, or that the caller may not use.
func NoFlavor(id string) *fault.Fault {
	return fault.New(fault.NotFound, "FlavorNotFound", "Flavor %s could not be found.", id)
}

// NoValidHost is why a server found no place.
func NoValidHost(reason string) *fault.Fault {
	return fault.New(fault.Conflict, "NoValidHost", "No valid host was found. %s", reason)
}

// Abandoned is why an operation is given up: its server is to be deleted.
func Abandoned(id string) *fault.Fault {
	return fault.New(fault.Conflict, "UnexpectedDeletingTaskStateError",
		"Conflict updating instance %s: it is being deleted.", id)
}

// NotWired is why a build fails whose ports neutron does not wire in time.
func NotWired() *fault.Fault {
	return fault.New(fault.Conflict, "VirtualInterfaceCreateException", "Virtual Interface creation failed")
}
