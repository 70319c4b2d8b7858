package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"cumulet/glance"
	"cumulet/neutron"
	"cumulet/nova"
)

func describeStates(w io.Writer) error {
	describeServer(w)
	fmt.Fprint(w, "\n## glance: image\n\n| status | may become |\n|---|---|\n")
	for _, s := range glance.Statuses() {
		fmt.Fprintf(w, "| %s | %s |\n", s, cmp.Or(words(s.Next()), "nothing else"))
	}
	fmt.Fprint(w, "\n## neutron\n\n| noun | from | to | when |\n|---|---|---|---|\n")
	for _, t := range neutron.Turns() {
		fmt.Fprintf(w, "| %s | %s | %s | %s |\n", t.Noun, t.From, t.To, t.When)
	}
	fmt.Fprint(w, "\n## operations\n")
	for _, service := range serviceNames() {
		for _, f := range flows(service) {
			fmt.Fprintf(w, "\n`%s` (%s): %s. ", f.Name, service, strings.Join(f.Steps(), " → "))
			fmt.Fprintln(w, "It is running, then done; or, when a step fails for good, undoing from there back, then undone.")
		}
	}
	return nil
}

// describeServer tells of a server's states: what users see of them, and what may be asked in which.
func describeServer(w io.Writer) {
	fmt.Fprint(w, "\n## nova: server\n\nWhat users see as its status.\n\n| vm_state | task_state | status |\n|---|---|---|\n")
	for _, l := range nova.StatusLines() {
		fmt.Fprintf(w, "| %s | %s | %s |\n", l.VM, cmp.Or(string(l.Task), "none, or any other"), l.Status)
	}
	fmt.Fprint(w, "\nWhat may be asked of it, when, and what it becomes.\n\n| action | in vm_state | during task_state | sets task_state | then vm_state |\n|---|---|---|---|---|\n")
	for _, t := range nova.Transitions() {
		during := "none"
		if t.AnyTask {
			during = "any"
		} else if t.During != nil {
			during = words(t.During)
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s |\n", t.Action, cmp.Or(words(t.From), "any"), during, t.Task, cmp.Or(t.To, "as it was"))
	}
	fmt.Fprintf(w, "\nTask states: %s.\n", words(nova.TaskStates()))
}

// words joins names; the empty one is none.
func words[T ~string](names []T) string {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = cmp.Or(string(n), "none")
	}
	return strings.Join(list, ", ")
}
