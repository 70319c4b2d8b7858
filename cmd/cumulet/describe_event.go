package main

import (
	"fmt"
	"io"

	"cumulet/glance"
	"cumulet/keystone"
	"cumulet/neutron"
	"cumulet/nova"
	"cumulet/placement"
)

func describeEvents(w io.Writer) error {
	line := func(name, payload, when string) { fmt.Fprintf(w, "| `%s` | %s | %s |\n", name, payload, when) }
	begin := func(service string) {
		fmt.Fprintf(w, "\n## %s\n\n| event | carries | when |\n|---|---|---|\n", service)
	}
	begin("keystone")
	for _, e := range keystone.Events() {
		line(e.Name, e.Payload, e.When)
	}
	begin("glance")
	for _, e := range glance.Events() {
		line(e.Name, e.Payload, e.When)
	}
	begin("placement")
	for _, e := range placement.Events() {
		line(e.Name, e.Payload, e.When)
	}
	begin("nova")
	for _, e := range nova.Events() {
		line(e.Name, e.Payload, e.When)
	}
	begin("neutron")
	for _, e := range neutron.Events() {
		line(e.Name, e.Payload, e.When)
	}
	return nil
}
