package manager

import (
	"fmt"

	"cumulet/oslo/db"
	"cumulet/oslo/fault"
)

// missing turns a row that is not there into the fault, and leaves other errors as they are.
func missing(err error, f *fault.Fault) error {
	if db.NoRows(err) {
		return f
	}
	return err
}

func invalid(name, format string, args ...any) *fault.Fault {
	return fault.New(fault.Invalid, name, format, args...)
}

func overQuota(name, format string, args ...any) *fault.Fault {
	return fault.New(fault.Quota, name, format, args...)
}

func locked(id string) *fault.Fault {
	return fault.New(fault.Conflict, "InstanceIsLocked", "Instance %s is locked", id)
}

// doing wraps what is no fault of the caller's.
func doing(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf(format+": %w", append(args, err)...)
}

// invalidHost refuses what only a host could do to a server that has none; as InstanceNotReady and the wire's conflict.
func invalidHost(id, action string) *fault.Fault {
	return fault.New(fault.Conflict, "InstanceNotReady", "Instance %s is in an invalid state for '%s'", id, action)
}
