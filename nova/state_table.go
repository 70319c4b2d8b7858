package nova

import "slices"

// StatusLine is a status with the states that users see as it.
type StatusLine struct {
	VM     VMState
	Task   TaskState // NoTask stands for every task that is in no other line of the state
	Status string
}

// StatusLines are all of them, state by state.
func StatusLines() []StatusLine {
	var lines []StatusLine
	for _, r := range statuses() {
		lines = append(lines, StatusLine{r.vm, NoTask, r.status})
		for _, task := range OwnTasks(r.vm) {
			lines = append(lines, StatusLine{r.vm, task, r.inTask[task]})
		}
	}
	return lines
}

// Transitions are all that callers may ask of a server, by what they need.
func Transitions() []Transition {
	return []Transition{
		Delete, Stop, Start, SoftReboot, HardReboot, Pause, Unpause, Suspend, Resume, AttachInterface, DetachInterface,
		SetMetadata, DropMetadata,
	}
}

// TaskStates are the tasks that cumulet sets, and those that upstream has for what it interrupts.
func TaskStates() []TaskState {
	tasks := []TaskState{Scheduling, BlockDeviceMapping, Networking, Spawning}
	for _, t := range Transitions() {
		for _, task := range append([]TaskState{t.Task}, t.During...) {
			if task != NoTask && !slices.Contains(tasks, task) {
				tasks = append(tasks, task)
			}
		}
	}
	return tasks
}
