package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"cumulet/glance/registry"
	"cumulet/nova/conductor"
	"cumulet/oslo/db"
	"cumulet/oslo/flow"
)

// ledger is where one service records its operations, and what flows it has.
type ledger struct {
	*db.DB
	service string
	flows   []flow.Definition
}

type ledgers []ledger

// flows are the flows of a service, as its roles run them.
func flows(service string) []flow.Definition {
	switch service {
	case "nova":
		return (&conductor.Conductor{}).Flows()
	case "glance":
		return (&registry.Registry{}).Flows()
	}
	return nil
}

// ledgerPatience is how long one waits for a database that does not answer.
const ledgerPatience = 10 * time.Second

// withLedgers opens the databases of all services that this host's configuration leads to.
func withLedgers(ctx context.Context, c *commands, do func(ledgers) error) (err error) {
	config, err := loadConfig(c)
	if err != nil {
		return err
	}
	p := &process{data: dataDir(c.Data), config: config}
	var all ledgers
	defer func() {
		for _, l := range all {
			err = errors.Join(err, l.Close())
		}
	}()
	var refused []error
	for _, service := range []string{"keystone", "glance", "placement", "nova", "neutron"} {
		address := p.database(service)
		if !there(address) {
			continue
		}
		opening, cancel := context.WithTimeout(ctx, ledgerPatience)
		d, err := db.Open(opening, service, address, nil)
		cancel()
		if err != nil {
			refused = append(refused, err)
			continue
		}
		all = append(all, ledger{DB: d, service: service, flows: flows(service)})
	}
	if len(all) == 0 {
		refused = append(refused, fmt.Errorf("there is no database of a service in %s: start the cloud first with `cumulet up`, or name its data with --data", c.Data))
		return errors.Join(refused...)
	}
	return errors.Join(do(all), errors.Join(refused...))
}

// rowsOf is where a service that this host's configuration leads to keeps its rows.
func rowsOf(service string, c *commands) (*process, string, error) {
	config, err := loadConfig(c)
	if err != nil {
		return nil, "", err
	}
	p := &process{data: dataDir(c.Data), config: config}
	address := p.database(service)
	if !there(address) {
		return nil, "", fmt.Errorf("there is no %s in %s: start the cloud first with `cumulet up`, or name its data with --data", service, c.Data)
	}
	return p, address, nil
}

// there tells whether a database may be looked into without making it: a file that is not there would be made.
func there(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "sqlite" {
		return true
	}
	_, err = os.Stat(u.Path)
	return !errors.Is(err, fs.ErrNotExist)
}

// read gives the operations of all services, oldest first; of each, as many that have ended.
func (all ledgers) read(ctx context.Context, ended int) ([]operation, error) {
	found, now := []operation{}, time.Now()
	var errs []error
	for _, l := range all {
		operations, err := flow.All(ctx, l.DB, ended)
		errs = append(errs, err)
		for _, o := range operations {
			found = append(found, operation{Service: l.service, Operation: o, ledger: l}.placed(l.flows, now))
		}
	}
	slices.SortStableFunc(found, func(a, b operation) int { return a.Created.Compare(b.Created) })
	return found, errors.Join(errs...)
}

// mostSearched is among how many of each service's ended operations an id is looked for.
const mostSearched = 10_000

// find looks for one operation by its id or how that begins.
func (all ledgers) find(ctx context.Context, id string) (operation, error) {
	operations, err := all.read(ctx, mostSearched)
	if err != nil {
		return operation{}, err
	}
	var found []operation
	for _, o := range operations {
		if o.ID == id {
			return o, nil
		}
		if strings.HasPrefix(o.ID, id) {
			found = append(found, o)
		}
	}
	switch len(found) {
	case 0:
		return operation{}, fmt.Errorf("there is no operation %s; `cumulet operations --all` lists those there are", id)
	case 1:
		return found[0], nil
	}
	return operation{}, fmt.Errorf("%d operations begin with %s: name more of the id", len(found), id)
}
