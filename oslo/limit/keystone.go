package limit

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/limits"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/registeredlimits"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/services"
	"golang.org/x/sync/singleflight"

	"cumulet/oslo/fault"
)

// Keystone asks keystone which limits projects have of one service's resources in one region.
//
// An answer serves for Memory and not longer: where keystone is away then, there are no limits but a fault of kind unavailable,
// so that nothing is admitted by what may have changed.
type Keystone struct {
	// Client is of the Identity API, with an account that sees the whole system's limits.
	Client *gophercloud.ServiceClient
	// ServiceType and ServiceName are the service's in the catalog ("image", "glance"); Region is whose limits count.
	ServiceType, ServiceName, Region string
	// Memory is how long an answer serves; 10 s when zero.
	Memory time.Duration
	Now    func() time.Time

	flights singleflight.Group
	mu      sync.Mutex
	known   map[string]known // by project; those of the service as a whole by ""
}

// known is an answer of keystone's.
type known struct {
	serviceID string
	limits    Limits
	until     time.Time
}

const (
	// remembered bounds the memory, in projects.
	remembered = 10_000
	// patience bounds the questions to keystone for one answer.
	patience = 20 * time.Second
)

// Limits are a project's limits: its own, and those registered for all projects where it has none. For no project they are the
// registered ones.
func (k *Keystone) Limits(ctx context.Context, projectID string) (Limits, error) {
	registered, err := k.recall(ctx, "", k.registered)
	if err != nil {
		return nil, err
	}
	if projectID == "" {
		return maps.Clone(registered.limits), nil
	}
	own, err := k.recall(ctx, projectID, func(ctx context.Context) (known, error) { return k.own(ctx, registered.serviceID, projectID) })
	if err != nil {
		return nil, err
	}
	all := maps.Clone(registered.limits)
	maps.Copy(all, own.limits)
	return all, nil
}

// recall is an answer that still serves, or a new one. Who asks for the same at once shares one question.
func (k *Keystone) recall(ctx context.Context, key string, ask func(context.Context) (known, error)) (known, error) {
	if a, ok := k.serves(key); ok {
		return a, nil
	}
	flight := k.flights.DoChan(key, func() (any, error) {
		if a, ok := k.serves(key); ok { // of a flight that has just ended
			return a, nil
		}
		// The question goes on for the others who wait, whoever asked it first has gone away.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		asked := k.Now() // what changes while keystone answers may be in the answer or not
		a, err := ask(ctx)
		if err == nil {
			a.until = asked.Add(k.memory())
			k.remember(key, a)
		}
		return a, err
	})
	select {
	case <-ctx.Done():
		return known{}, ctx.Err()
	case result := <-flight:
		a, _ := result.Val.(known)
		return a, result.Err
	}
}

// serves is an answer that still serves.
func (k *Keystone) serves(key string) (known, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	a, ok := k.known[key]
	return a, ok && k.Now().Before(a.until)
}

func (k *Keystone) memory() time.Duration {
	if k.Memory == 0 {
		return 10 * time.Second
	}
	return k.Memory
}

// remember keeps an answer; when there are too many, any others go.
func (k *Keystone) remember(key string, a known) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil {
		k.known = map[string]known{}
	}
	for other := range k.known {
		if len(k.known) < remembered {
			break
		}
		delete(k.known, other)
	}
	k.known[key] = a
}

// registered asks for the limits that hold for all projects, and for the service's id by which limits name it.
func (k *Keystone) registered(ctx context.Context) (known, error) {
	model, err := limits.GetEnforcementModel(ctx, k.Client).Extract()
	if err != nil {
		return known{}, away(err)
	}
	if model.Name != "flat" { // upstream enforces no other either
		return known{}, fmt.Errorf("keystone's enforcement model %q is none that services enforce", model.Name)
	}
	id, err := k.serviceID(ctx)
	if err != nil {
		return known{}, err
	}
	page, err := registeredlimits.List(k.Client, registeredlimits.ListOpts{ServiceID: id, RegionID: k.Region}).AllPages(ctx)
	if err != nil {
		return known{}, away(err)
	}
	found, err := registeredlimits.ExtractRegisteredLimits(page)
	a := known{serviceID: id, limits: Limits{}}
	for _, l := range found {
		a.limits[l.ResourceName] = l.DefaultLimit
	}
	return a, err
}

func (k *Keystone) serviceID(ctx context.Context) (string, error) {
	page, err := services.List(k.Client, services.ListOpts{ServiceType: k.ServiceType, Name: k.ServiceName}).AllPages(ctx)
	if err != nil {
		return "", away(err)
	}
	found, err := services.ExtractServices(page)
	if err != nil {
		return "", err
	}
	if len(found) != 1 {
		return "", fmt.Errorf("keystone has %d services %q of type %q, not one", len(found), k.ServiceName, k.ServiceType)
	}
	return found[0].ID, nil
}

// own asks for the limits that a project has for itself.
func (k *Keystone) own(ctx context.Context, serviceID, projectID string) (known, error) {
	page, err := limits.List(k.Client, limits.ListOpts{ServiceID: serviceID, RegionID: k.Region, ProjectID: projectID}).AllPages(ctx)
	if err != nil {
		return known{}, away(err)
	}
	found, err := limits.ExtractLimits(page)
	a := known{serviceID: serviceID, limits: Limits{}}
	for _, l := range found {
		a.limits[l.ResourceName] = l.ResourceLimit
	}
	return a, err
}

// away is the fault when keystone cannot be asked.
func away(why error) error {
	return fault.New(fault.Unavailable, "ServiceUnavailable", "The Keystone service is temporarily unavailable.").Because(why)
}
