package manager

import (
	"context"
	"net/netip"
	"time"

	"cumulet/nova"
	novadb "cumulet/nova/db"
	"cumulet/oslo/db"
	"cumulet/oslo/policy"
	"cumulet/oslo/telemetry"
)

// now is the time as rows keep it.
func (m *Manager) now() time.Time { return db.Clock(m.Now()) }

// Server shows one server. Another project's is not found, except for an admin; a deleted one only by Servers.
func (m *Manager) Server(ctx context.Context, who policy.Who, id string) (nova.Server, error) {
	s, err := m.anyServer(ctx, who, id)
	if err == nil && s.Deleted {
		return nova.Server{}, nova.NoServer(id)
	}
	return s, err
}

// anyServer is Server, the deleted ones included.
func (m *Manager) anyServer(ctx context.Context, who policy.Who, id string) (nova.Server, error) {
	s, err := m.DB.Server(ctx, id)
	if err != nil {
		return nova.Server{}, missing(err, nova.NoServer(id))
	}
	return s, visible(who, s)
}

func visible(who policy.Who, s nova.Server) error {
	if who.Has("admin") || who.ProjectID == s.ProjectID {
		return nil
	}
	return nova.NoServer(s.ID)
}

// Servers lists servers by filter and page; the caller sets the filter's project, "" is all projects. The marker's server
// must exist, else a fault of kind Invalid "marker [<id>] not found".
func (m *Manager) Servers(ctx context.Context, f nova.ServerFilter, p nova.Page) ([]nova.Server, error) {
	servers, err := m.DB.Servers(ctx, f, p)
	return servers, doing(err, "list servers")
}

// ServerUpdate is what may be changed of a server; nil leaves a thing as it is.
type ServerUpdate struct {
	Name, Hostname, DiskConfig, AccessIPv4, AccessIPv6 *string
	// Description is set to *Description where SetDescription.
	Description    *string
	SetDescription bool
}

// UpdateServer changes a server's record.
func (m *Manager) UpdateServer(ctx context.Context, who policy.Who, id string, u ServerUpdate) (nova.Server, error) {
	return m.alter(ctx, who, id, "server.update", func(_ *novadb.Tx, s *nova.Server) error {
		for _, part := range []struct {
			to   *string
			from *string
		}{
			{&s.Name, u.Name},
			{&s.Hostname, u.Hostname},
			{&s.DiskConfig, u.DiskConfig},
		} {
			if part.from != nil {
				*part.to = *part.from
			}
		}
		if u.AccessIPv4 != nil {
			s.AccessIPv4 = written(*u.AccessIPv4)
		}
		if u.AccessIPv6 != nil {
			s.AccessIPv6 = written(*u.AccessIPv6)
		}
		if u.SetDescription {
			s.Description = u.Description
		}
		return nil
	})
}

// written is an address in its usual form, as nova/db/types.py, IPAddress keeps it: "::babe:dc0c:1602".
func written(address string) string {
	if a, err := netip.ParseAddr(address); err == nil {
		return a.String()
	}
	return address
}

// SchedulerReport tells how the server's host was chosen or why there was none; nil before that.
func (m *Manager) SchedulerReport(ctx context.Context, who policy.Who, id string) (*nova.SchedulerReport, error) {
	if _, err := m.anyServer(ctx, who, id); err != nil {
		return nil, err
	}
	return m.DB.SchedulerReport(ctx, id)
}

// alter changes a server's record in one transaction, with its event.
func (m *Manager) alter(
	ctx context.Context, who policy.Who, id, event string, change func(*novadb.Tx, *nova.Server) error,
) (nova.Server, error) {
	var s nova.Server
	err := m.DB.Tx(ctx, func(tx *novadb.Tx) error {
		var err error
		if s, err = ownServer(ctx, tx, who, id); err != nil {
			return err
		}
		s.Remember()
		if err := change(tx, &s); err != nil {
			return err
		}
		s.UpdatedAt = m.now()
		if err := tx.UpdateServer(ctx, s); err != nil {
			return err
		}
		return record(ctx, tx, event, s)
	})
	return s, err
}

// ownServer reads a server that the caller may see, to change it in this transaction.
func ownServer(ctx context.Context, tx *novadb.Tx, who policy.Who, id string) (nova.Server, error) {
	s, err := tx.Server(ctx, id)
	if err != nil {
		return s, missing(err, nova.NoServer(id))
	}
	if s.Deleted {
		return s, nova.NoServer(id)
	}
	return s, visible(who, s)
}

// unlocked refuses a change to a locked server by who is no admin; as check_instance_lock in nova/compute/api.py.
func unlocked(who policy.Who, s nova.Server) error {
	if s.Locked && !who.Has("admin") {
		return locked(s.ID)
	}
	return nil
}

// record writes a server's event, without what only its guest shall read.
func record(ctx context.Context, tx *novadb.Tx, name string, s nova.Server) error {
	s.UserData = ""
	return tx.Record(ctx, name, s)
}

// beginAction notes what is asked of a server, with the first part of its work.
func (m *Manager) beginAction(ctx context.Context, tx *novadb.Tx, who policy.Who, serverID, name string) (int64, error) {
	now := m.now()
	a := nova.Action{
		ServerID: serverID, Name: name, RequestID: telemetry.RequestID(ctx), UserID: who.UserID, ProjectID: who.ProjectID,
		StartedAt: now, UpdatedAt: now,
	}
	err := tx.InsertAction(ctx, &a)
	return a.ID, err
}
