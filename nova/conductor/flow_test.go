package conductor_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"cumulet/nova"
	novadb "cumulet/nova/db"
	"cumulet/nova/novatest"
	"cumulet/oslo/db"
	"cumulet/oslo/flow"
	"cumulet/oslo/flow/flowtest"
)

// recorded puts a server and its action into a cloud without a flow.
func recorded(t *testing.T, c *novatest.Cloud, change func(*nova.Server)) (nova.Server, int64) {
	t.Helper()
	now := db.Clock(time.Now())
	s := nova.Server{
		ID: uuid.NewString(), ProjectID: "project", UserID: "user", Name: "server", Hostname: "server",
		VMState: nova.Building, TaskState: nova.Scheduling, ImageID: novatest.ImageID,
		Flavor: nova.Flavor{ID: "1", Name: "small", VCPUs: 1, RAMMiB: 64, DiskGiB: 1}, CreatedAt: now, UpdatedAt: now,
	}
	change(&s)
	a := nova.Action{ServerID: s.ID, Name: "create", StartedAt: now, UpdatedAt: now}
	err := c.Manager.DB.Tx(t.Context(), func(tx *novadb.Tx) error {
		servers := []nova.Server{s}
		if err := tx.InsertServers(t.Context(), servers); err != nil {
			return err
		}
		s = servers[0]
		return tx.InsertAction(t.Context(), &a)
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, a.ID
}

// once has steps fail at their first failure, so that the suite does not wait for further tries.
func once[S any](f flow.Flow[S]) flow.Flow[S] {
	for i := range f.Steps {
		f.Steps[i].Tries = 1
	}
	return f
}

func TestCreateFlowLeavesNothingWhereverItFails(t *testing.T) {
	t.Parallel()
	flowtest.Run(t, func(t *testing.T) flowtest.World[nova.CreateState] {
		c := novatest.New(t, 1)
		c.StartWith(t, c.Conductor.RunWithoutFlows)
		s, action := recorded(t, c, func(*nova.Server) {})
		return flowtest.World[nova.CreateState]{
			DB: c.Manager.DB.DB, Flow: once(c.Conductor.CreateFlow()),
			State: nova.CreateState{
				ServerID: s.ID, ActionID: action, Networks: []nova.RequestedNetwork{{NetworkID: "net"}},
				Spec: nova.RequestSpec{ServerID: s.ID, ProjectID: s.ProjectID, UserID: s.UserID, Flavor: s.Flavor},
			},
			Check: func(t *testing.T, ended flow.Operation) {
				s, err := c.Manager.DB.Server(t.Context(), s.ID)
				if err != nil {
					t.Fatal(err)
				}
				if ended.Status == flow.Undone {
					c.Clean(t)
					if s.VMState != nova.ErrorState || s.Fault == nil || s.Host != "" || s.TaskState != nova.NoTask {
						t.Errorf("server is %s %q on %q, fault %+v", s.VMState, s.TaskState, s.Host, s.Fault)
					}
					return
				}
				if s.VMState != nova.Active || s.TaskState != nova.NoTask || len(s.Network) != 1 {
					t.Errorf("server is %s %q, network %+v", s.VMState, s.TaskState, s.Network)
				}
				if len(c.Guests(t)) != 1 || len(c.Placement.Claims()) != 1 || len(c.Neutron.Ports()) != 1 {
					t.Errorf("%v guests, %v claims, %v ports", c.Guests(t), c.Placement.Claims(), c.Neutron.Ports())
				}
			},
		}
	})
}

func TestDeleteFlowEndsDeletedOrInErrorToBeDeletedAgain(t *testing.T) {
	t.Parallel()
	flowtest.Run(t, func(t *testing.T) flowtest.World[nova.DeleteState] {
		c := novatest.New(t, 1)
		c.StartWith(t, c.Conductor.RunWithoutFlows)
		now := db.Clock(time.Now())
		s, action := recorded(t, c, func(s *nova.Server) {
			s.VMState, s.TaskState, s.Host, s.LaunchedAt = nova.Active, nova.Deleting, "host0", &now
		})
		if _, err := c.Computes[0].BuildServer(t.Context(), nova.BuildServer{Server: s}); err != nil {
			t.Fatal(err)
		}
		return flowtest.World[nova.DeleteState]{
			DB: c.Manager.DB.DB, Flow: once(c.Conductor.DeleteFlow()),
			State: nova.DeleteState{ServerID: s.ID, ActionID: action},
			Check: func(t *testing.T, ended flow.Operation) {
				s, err := c.Manager.DB.Server(t.Context(), s.ID)
				if err != nil {
					t.Fatal(err)
				}
				if ended.Status == flow.Undone && !s.Deleted {
					if s.VMState != nova.ErrorState || s.TaskState != nova.NoTask || s.Fault == nil {
						t.Errorf("server is %s %q, fault %+v", s.VMState, s.TaskState, s.Fault)
					}
					return
				}
				c.Clean(t)
				if !s.Deleted || s.VMState != nova.DeletedState {
					t.Errorf("server is %s, deleted %t", s.VMState, s.Deleted)
				}
			},
		}
	})
}

func TestPowerFlowEndsInTheStateAskedForOrTheOneBefore(t *testing.T) {
	t.Parallel()
	flowtest.Run(t, func(t *testing.T) flowtest.World[nova.PowerFlowState] {
		c := novatest.New(t, 1)
		c.StartWith(t, c.Conductor.RunWithoutFlows)
		now := db.Clock(time.Now())
		s, action := recorded(t, c, func(s *nova.Server) {
			s.VMState, s.TaskState, s.Host, s.LaunchedAt = nova.Active, nova.PoweringOff, "host0", &now
		})
		if _, err := c.Computes[0].BuildServer(t.Context(), nova.BuildServer{Server: s}); err != nil {
			t.Fatal(err)
		}
		return flowtest.World[nova.PowerFlowState]{
			DB: c.Manager.DB.DB, Flow: once(c.Conductor.PowerFlow()),
			State: nova.PowerFlowState{ServerID: s.ID, ActionID: action, Change: nova.PowerOff, Task: nova.PoweringOff, To: nova.Stopped},
			Check: func(t *testing.T, ended flow.Operation) {
				s, err := c.Manager.DB.Server(t.Context(), s.ID)
				if err != nil {
					t.Fatal(err)
				}
				if s.TaskState != nova.NoTask || ended.Status == flow.Done && s.VMState != nova.Stopped {
					t.Errorf("server is %s %q", s.VMState, s.TaskState)
				}
			},
		}
	})
}
