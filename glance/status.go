package glance

import "slices"

// Status is how far an image is.
type Status string

// The states of an image.
const (
	Queued        Status = "queued"         // registered, without bits
	Saving        Status = "saving"         // bits are arriving
	Uploading     Status = "uploading"      // bits are arriving in the staging area
	Importing     Status = "importing"      // bits go from the staging area to a store
	Active        Status = "active"         // usable
	Deactivated   Status = "deactivated"    // bits are withheld from all but administrators
	Killed        Status = "killed"         // an upload failed beyond repair
	PendingDelete Status = "pending_delete" // deleted, bits still kept
	Deleted       Status = "deleted"
)

// Next are the transitions allowed, as glance/domain/__init__.py, Image.valid_state_targets.
func (s Status) Next() []Status {
	switch s {
	case Queued:
		return []Status{Saving, Uploading, Importing, Active, Deleted}
	case Saving:
		return []Status{Active, Killed, Deleted, Queued}
	case Uploading:
		return []Status{Importing, Queued, Deleted}
	case Importing:
		return []Status{Active, Deleted, Queued}
	case Active:
		return []Status{PendingDelete, Deleted, Deactivated}
	case Killed:
		return []Status{Deleted}
	case PendingDelete:
		return []Status{Deleted, Active}
	case Deactivated:
		return []Status{Active, Deleted}
	}
	return nil
}

// Statuses are all states, in the order in which the API's schema names them.
func Statuses() []Status {
	return []Status{Queued, Saving, Active, Killed, Deleted, Uploading, Importing, PendingDelete, Deactivated}
}

// Become moves the image to another state, or refuses. Back in the queue it has no size any more.
func (i *Image) Become(to Status) error {
	if !slices.Contains(i.Status.Next(), to) {
		return BadTransition(i.Status, to)
	}
	if i.Status == Queued || i.Status == Uploading {
		switch to {
		case Saving, Active, Importing:
			if err := i.formatsSet(); err != nil {
				return err
			}
		}
	}
	if to == Queued {
		i.Size, i.VirtualSize = nil, nil
	}
	i.Status = to
	return nil
}

func (i *Image) formatsSet() error {
	switch {
	case i.DiskFormat == "" && i.ContainerFormat == "":
		return Invalid("Properties disk_format, container_format must be set prior to saving data.")
	case i.DiskFormat == "":
		return Invalid("Property disk_format must be set prior to saving data.")
	case i.ContainerFormat == "":
		return Invalid("Property container_format must be set prior to saving data.")
	}
	return nil
}
