package load

import (
	"fmt"
	"sync"
	"testing"

	"cumulet/test/cloud"
)

// So many clients work at once, so many of them in one project.
const (
	projects          = 4
	clientsPerProject = 16
)

// What a project may have, and what its clients try to have: more.
const (
	networkQuota  = 24 // of 1 + 2 for each client
	instanceQuota = 10 // of 1 for each client
	hubAddresses  = 61 // a /26 without its own, its broadcast and the gateway's; one of them is for DHCP where an agent serves
)

// TestManyClientsLoseNothing lets all clients of all projects work at once, then holds every list against what the answers
// promised, deletes all of it at once, and looks for leftovers.
func TestManyClientsLoseNothing(t *testing.T) {
	c := cloud.Start(t)
	admin := c.Admin(t)
	var all []*project
	for n := range projects {
		all = append(all, newProject(t, c, admin, fmt.Sprintf("project%d", n)))
	}
	inParallel(all, (*project).work)
	for _, p := range all {
		t.Run(p.name, func(t *testing.T) {
			p.checkLists(t)
			p.checkUpdates(t)
			p.checkRaces(t)
			p.checkQuotas(t)
			p.checkAddresses(t)
		})
	}
	checkPlacement(t, admin, all)
	checkFloatingAddresses(t, admin)
	inParallel(all, (*project).deleteAll)
	for _, p := range all {
		t.Run(p.name+" deleted", p.checkNothingLeft)
	}
	checkNoAllocations(t, admin)
	for _, line := range c.Errors(t) {
		t.Error(line)
	}
}

// inParallel runs do for each client of each project at once.
func inParallel(all []*project, do func(*project, *client)) {
	var running sync.WaitGroup
	for _, p := range all {
		for _, c := range p.clients {
			running.Go(func() { do(p, c) })
		}
	}
	running.Wait()
}
