package identity

import (
	"context"
	"fmt"
	"hash/fnv"
	"sync"
	"time"

	"cumulet/keystone"
	"cumulet/keystone/db"
	"cumulet/oslo/fault"
)

// Directory is where a company has its users already: keystone/drivers/ldap. It is of one domain, is read and never written, and has
// ids of its own.
type Directory interface {
	User(ctx context.Context, id string) (keystone.User, error)
	UserByName(ctx context.Context, name string) (keystone.User, error)
	Users(ctx context.Context, q keystone.Query) ([]keystone.User, error)
	// Authenticate is nil when the password is the user's; the id "" is nobody's, and fails like a wrong password.
	Authenticate(ctx context.Context, id, password string) error

	Group(ctx context.Context, id string) (keystone.Group, error)
	Groups(ctx context.Context, q keystone.Query) ([]keystone.Group, error)
	GroupsOfUser(ctx context.Context, userID string) ([]keystone.Group, error)
	UsersInGroup(ctx context.Context, groupID string) ([]keystone.User, error)

	Close()
}

// Directories opens the directories that domains have configured. What they have configured is looked at each time, so that a change
// holds at once, whichever keystone it was made at.
type Directories struct {
	DB *db.DB
	// Config is a domain's configuration with its secrets, and the options in it that refer to what is not there.
	Config func(ctx context.Context, domainID string) (config keystone.DomainConfig, dangling []string, err error)
	// Openers open a directory, by the driver that a configuration names in identity.driver.
	Openers map[string]func(domainID string, config keystone.DomainConfig) (Directory, error)

	configured db.Memory[string, *opened]

	mu   sync.Mutex
	open map[string]*opened // by domain
}

// opened is a directory with what it was opened for; the directory is nil where a domain's users are the cloud's own.
type opened struct {
	Directory
	config uint64
}

// own is the driver of domains that have no directory.
const own = "sql"

// Of is the directory of a domain; nil where its users are the cloud's own.
func (d *Directories) Of(ctx context.Context, domainID string) (Directory, error) {
	if d == nil {
		return nil, nil
	}
	o, err := d.configured.Get(ctx, d.DB, time.Now(), domainID, func() (*opened, error) { return d.lookUp(ctx, domainID) })
	if err != nil || o == nil {
		return nil, err
	}
	return o.Directory, nil
}

// lookUp opens what a domain has configured, unless it is open.
func (d *Directories) lookUp(ctx context.Context, domainID string) (*opened, error) {
	chosen, err := d.DB.DomainConfig(ctx, domainID, "identity", "driver")
	if err != nil {
		return nil, err
	}
	driver, _ := chosen["identity"]["driver"].(string)
	if driver == "" || driver == own {
		d.replace(domainID, nil)
		return nil, nil
	}
	open := d.Openers[driver]
	if open == nil {
		return nil, misconfigured(domainID, fmt.Errorf("identity.driver: there is no driver %q", driver))
	}
	config, dangling, err := d.Config(ctx, domainID)
	if err != nil {
		return nil, err
	}
	if len(dangling) > 0 {
		return nil, misconfigured(domainID, fmt.Errorf("options refer to what is not configured: %v", dangling))
	}
	now := digest(config)
	if o := d.current(domainID); o != nil && o.config == now {
		return o, nil
	}
	directory, err := open(domainID, config)
	if err != nil {
		return nil, misconfigured(domainID, err)
	}
	o := &opened{directory, now}
	d.replace(domainID, o)
	return o, nil
}

func (d *Directories) current(domainID string) *opened {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.open[domainID]
}

// replace makes another directory a domain's, and closes the one that was.
func (d *Directories) replace(domainID string, by *opened) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if was := d.open[domainID]; was != nil {
		was.Close()
	}
	if delete(d.open, domainID); by == nil {
		return
	}
	if d.open == nil {
		d.open = map[string]*opened{}
	}
	d.open[domainID] = by
}

// Close closes all directories.
func (d *Directories) Close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, o := range d.open {
		o.Close()
	}
	d.open = nil
}

// digest tells one configuration from another; maps are printed in order.
func digest(config keystone.DomainConfig) uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, config)
	return h.Sum64()
}

// misconfigured is the fault for a domain whose directory cannot be opened; why is for the log, and holds no value.
func misconfigured(domainID string, why error) error {
	return fault.New(fault.Unavailable, "DomainMisconfigured", "The directory of domain %s is not configured as it must be.", domainID).Because(why)
}
