package conductor

import (
	"context"
	"errors"
	"fmt"

	"cumulet/nova"
	novadb "cumulet/nova/db"
	"cumulet/oslo/db"
	"cumulet/oslo/fault"
)

// alter changes a server's record in one transaction. A server that is deleted, or gone, is left alone.
func (c *Conductor) alter(ctx context.Context, id string, change func(*novadb.Tx, *nova.Server) error) (nova.Server, error) {
	var s nova.Server
	err := c.DB.Tx(ctx, func(tx *novadb.Tx) error {
		var err error
		if s, err = tx.Server(ctx, id); err != nil {
			return err
		}
		if s.Deleted {
			return nil
		}
		s.Remember()
		if err := change(tx, &s); err != nil {
			return err
		}
		s.UpdatedAt = c.now()
		return tx.UpdateServer(ctx, s)
	})
	if err != nil {
		return s, fmt.Errorf("record server %q: %w", id, err)
	}
	return s, nil
}

// record writes a server's event, without what only its guest shall read.
func record(ctx context.Context, tx *novadb.Tx, name string, s nova.Server) error {
	s.UserData = ""
	return tx.Record(ctx, name, s)
}

// begin notes that a part of an action's work began.
func (c *Conductor) begin(ctx context.Context, action int64, name, host string) error {
	return c.DB.Tx(ctx, func(tx *novadb.Tx) error {
		return tx.BeginActionEvent(ctx, nova.ActionEvent{ActionID: action, Name: name, Host: host, StartedAt: c.now()})
	})
}

// end notes in tx how an action and the part of it that runs ended; why is nil when it went well.
func (c *Conductor) end(ctx context.Context, tx *novadb.Tx, action int64, event, host string, why error) error {
	now, result := c.now(), "Success"
	var message, details *string
	if why != nil {
		result = "Error"
		text := "Error"
		message, details = &text, new(said(why))
	}
	e := nova.ActionEvent{ActionID: action, Name: event, Host: host, Result: &result, Details: details, EndedAt: &now}
	if err := tx.EndActionEvent(ctx, e); err != nil {
		return err
	}
	return tx.EndAction(ctx, action, message, now)
}

// failure is what users and admins see of why a server failed; as nova/compute/utils.py, add_instance_fault_from_exc. What is
// no fault tells users nothing.
func (c *Conductor) failure(why error) *nova.Failure {
	f := nova.Failure{Code: 500, Message: said(why), Details: why.Error(), Created: c.now()}
	return &f
}

func said(why error) string {
	if f := fault.Of(why); f != nil {
		return f.Text
	}
	return "An internal error prevented the operation."
}

// gone tells whether err says that the server's row is not there.
func gone(err error) bool { return db.NoRows(err) }

// abandoned tells whether an operation was given up because its server is to be deleted.
func abandoned(err error) bool {
	f := fault.Of(err)
	return f != nil && f.Name == nova.Abandoned("").Name
}

// up tells whether the nova-compute of a host was heard of lately.
func (c *Conductor) up(ctx context.Context, host string) (bool, error) {
	services, err := c.DB.Services(ctx, nova.ServiceFilter{Host: host, Binary: nova.ComputeBinary})
	if err != nil || len(services) == 0 {
		return false, err
	}
	return services[0].Up(c.now()), nil
}

// errNoHost says that a server has no host though a step needs one.
var errNoHost = errors.New("the server has no host")
