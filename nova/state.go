package nova

import (
	"slices"
	"strings"
	"sync"

	"cumulet/oslo/fault"
)

// VMState is a server's stable state; as nova/compute/vm_states.py.
type VMState string

// The stable states.
const (
	Active           VMState = "active"
	Building         VMState = "building"
	Paused           VMState = "paused"
	Suspended        VMState = "suspended"
	Stopped          VMState = "stopped"
	Rescued          VMState = "rescued"
	Resized          VMState = "resized"
	SoftDeleted      VMState = "soft-delete"
	DeletedState     VMState = "deleted"
	ErrorState       VMState = "error"
	Shelved          VMState = "shelved"
	ShelvedOffloaded VMState = "shelved_offloaded"
)

// TaskState is what is being done to a server; "" for nothing. As nova/compute/task_states.py.
type TaskState string

// The task states.
const (
	NoTask             TaskState = ""
	Scheduling         TaskState = "scheduling"
	BlockDeviceMapping TaskState = "block_device_mapping"
	Networking         TaskState = "networking"
	Spawning           TaskState = "spawning"
	Rebooting          TaskState = "rebooting"
	RebootPending      TaskState = "reboot_pending"
	RebootStarted      TaskState = "reboot_started"
	RebootingHard      TaskState = "rebooting_hard"
	RebootPendingHard  TaskState = "reboot_pending_hard"
	RebootStartedHard  TaskState = "reboot_started_hard"
	Pausing            TaskState = "pausing"
	Unpausing          TaskState = "unpausing"
	Suspending         TaskState = "suspending"
	Resuming           TaskState = "resuming"
	PoweringOff        TaskState = "powering-off"
	PoweringOn         TaskState = "powering-on"
	Deleting           TaskState = "deleting"
)

// PowerState is what the hypervisor says of a guest; as nova/compute/power_state.py.
type PowerState int

// The power states.
const (
	NoState        PowerState = 0
	PowerRunning   PowerState = 1
	PowerPaused    PowerState = 3
	PowerShutdown  PowerState = 4
	PowerCrashed   PowerState = 6
	PowerSuspended PowerState = 7
)

// StatePair is a stable state with a task; or with Others every task that has no status of its own.
type StatePair struct {
	VM   VMState
	Task TaskState
	// Others stands for every task that has no status of its own in this state.
	Others bool
}

type statusRow struct {
	vm     VMState
	status string
	inTask map[TaskState]string
}

// statuses is the table, made once: lists of servers ask it for each.
var statuses = sync.OnceValue(statusTable)

// statusTable is nova/api/openstack/common.py, _STATE_MAP.
func statusTable() []statusRow {
	rebuild := map[TaskState]string{"rebuilding": "REBUILD", "rebuild_block_device_mapping": "REBUILD", "rebuild_spawning": "REBUILD"}
	resize := map[TaskState]string{"resize_prep": "RESIZE", "resize_migrating": "RESIZE", "resize_migrated": "RESIZE", "resize_finish": "RESIZE"}
	reboot := map[TaskState]string{
		Rebooting: "REBOOT", RebootPending: "REBOOT", RebootStarted: "REBOOT",
		RebootingHard: "HARD_REBOOT", RebootPendingHard: "HARD_REBOOT", RebootStartedHard: "HARD_REBOOT",
	}
	migrate := map[TaskState]string{"migrating": "MIGRATING"}
	return []statusRow{
		{Active, "ACTIVE", joined(reboot, rebuild, resize, migrate, map[TaskState]string{"updating_password": "PASSWORD"})},
		{Building, "BUILD", nil},
		{Stopped, "SHUTOFF", joined(resize, rebuild)},
		{Resized, "VERIFY_RESIZE", map[TaskState]string{"resize_reverting": "REVERT_RESIZE"}},
		{Paused, "PAUSED", migrate},
		{Suspended, "SUSPENDED", nil},
		{Rescued, "RESCUE", nil},
		{ErrorState, "ERROR", rebuild},
		{DeletedState, "DELETED", nil},
		{SoftDeleted, "SOFT_DELETED", nil},
		{Shelved, "SHELVED", nil},
		{ShelvedOffloaded, "SHELVED_OFFLOADED", nil},
	}
}

func joined(maps ...map[TaskState]string) map[TaskState]string {
	all := map[TaskState]string{}
	for _, m := range maps {
		for k, v := range m {
			all[k] = v
		}
	}
	return all
}

// Status names a pair of states as users see it; "UNKNOWN" for what is in no table.
func Status(vm VMState, task TaskState) string {
	for _, row := range statuses() {
		if row.vm == vm {
			if s, ok := row.inTask[task]; ok {
				return s
			}
			return row.status
		}
	}
	return "UNKNOWN"
}

// StatesOf gives the pairs of states that users see as one of the statuses, in any case of letters; none for an unknown
// status.
func StatesOf(status ...string) []StatePair {
	asked := func(s string) bool {
		return slices.ContainsFunc(status, func(t string) bool { return strings.EqualFold(s, t) })
	}
	var pairs []StatePair
	for _, row := range statuses() {
		if asked(row.status) {
			pairs = append(pairs, StatePair{VM: row.vm, Others: true})
		}
		for task, s := range row.inTask {
			if asked(s) {
				pairs = append(pairs, StatePair{VM: row.vm, Task: task})
			}
		}
	}
	return pairs
}

// OwnTasks are the tasks that have a status of their own in a stable state.
func OwnTasks(vm VMState) []TaskState {
	for _, row := range statuses() {
		if row.vm == vm {
			var tasks []TaskState
			for t := range row.inTask {
				tasks = append(tasks, t)
			}
			slices.Sort(tasks)
			return tasks
		}
	}
	return nil
}

// Transition is what an action needs and sets. Upstream: nova/compute/api.py, check_instance_state on each method.
type Transition struct {
	// Action is its name in conflicts and in the server's actions ("stop").
	Action string
	// From are the stable states it starts in; nil for any.
	From []VMState
	// During are the tasks it may interrupt or follow; nil means none but NoTask, AnyTask sets it free.
	During  []TaskState
	AnyTask bool
	// Unlaunched allows it on a server that never ran.
	Unlaunched bool
	// Task is the task state it sets; To the stable state once done, "" to keep it.
	Task TaskState
	To   VMState
}

// The transitions of a server.
var (
	Delete     = Transition{Action: "delete", AnyTask: true, Unlaunched: true, Task: Deleting, To: DeletedState}
	Stop       = Transition{Action: "stop", From: []VMState{Active, ErrorState}, Task: PoweringOff, To: Stopped}
	Start      = Transition{Action: "start", From: []VMState{Stopped}, Task: PoweringOn, To: Active}
	SoftReboot = Transition{Action: "reboot", From: []VMState{Active}, Task: Rebooting, To: Active}
	HardReboot = Transition{Action: "reboot", From: []VMState{Active, Stopped, Paused, Suspended, ErrorState},
		During: []TaskState{NoTask, Rebooting, RebootPending, RebootStarted, Resuming, RebootingHard, Unpausing, Pausing, Suspending},
		Task:   RebootingHard, To: Active}
	Pause   = Transition{Action: "pause", From: []VMState{Active}, Task: Pausing, To: Paused}
	Unpause = Transition{Action: "unpause", From: []VMState{Paused}, Task: Unpausing, To: Active}
	Suspend = Transition{Action: "suspend", From: []VMState{Active}, Task: Suspending, To: Suspended}
	Resume  = Transition{Action: "resume", From: []VMState{Suspended}, Task: Resuming, To: Active}
	// Interfaces are attached and detached without a task; as attach_interface in nova/compute/api.py.
	AttachInterface = Transition{Action: "attach_interface", From: []VMState{Active, Paused, Stopped}}
	DetachInterface = Transition{Action: "detach_interface", From: []VMState{Active, Paused, Stopped}}
	// SetMetadata changes metadata; as update_instance_metadata in nova/compute/api.py.
	SetMetadata = Transition{Action: "update metadata", From: []VMState{Active, Paused, Suspended, Stopped}, AnyTask: true}
	// DropMetadata removes one key.
	DropMetadata = Transition{Action: "delete metadata", From: []VMState{Active, Paused, Suspended, Stopped}, AnyTask: true}
)

// Check refuses the transition for a server in another state, worded as upstream's InstanceInvalidState through
// nova/api/openstack/common.py, raise_http_conflict_for_instance_invalid_state.
func (t Transition) Check(s Server) error {
	switch {
	case t.From != nil && !slices.Contains(t.From, s.VMState):
		return invalidState(t.Action, s.ID, "vm_state", string(s.VMState))
	case !t.AnyTask && !slices.Contains(t.tasks(), s.TaskState):
		return invalidState(t.Action, s.ID, "task_state", string(s.TaskState))
	case !t.Unlaunched && s.LaunchedAt == nil:
		return fault.New(fault.Conflict, "InstanceInvalidState",
			"Instance %s is in an invalid state for '%s'", s.ID, t.Action)
	}
	return nil
}

func (t Transition) tasks() []TaskState {
	if t.During == nil {
		return []TaskState{NoTask}
	}
	return t.During
}

func invalidState(action, id, attribute, state string) error {
	return fault.New(fault.Conflict, "InstanceInvalidState",
		"Cannot '%s' instance %s while it is in %s %s", action, id, attribute, state)
}
