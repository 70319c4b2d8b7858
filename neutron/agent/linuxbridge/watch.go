package linuxbridge

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"cumulet/neutron/agent/netns"
)

// tapPrefix begins the names of ports' devices, as neutron_lib.constants.TAP_DEVICE_PREFIX.
const tapPrefix = "tap"

// tapState is what is known of a tap from its last event.
type tapState struct {
	index, master int
	up            bool
}

// watch follows the host's links until ctx ends.
func (a *Agent) watch(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	links, err := netns.Links(ctx, a.Host.Namespace, func(err error) {
		if ctx.Err() == nil {
			a.Log.WarnContext(ctx, "link events", "error", err)
		}
		a.duty.Nudge() // what was missed is seen by comparing
	})
	if err != nil {
		return err
	}
	return a.follow(ctx, links)
}

// follow asks for a turn when a tap appears, goes, or is taken out of its bridge by others. Events that our own wiring
// causes do not lead to one.
func (a *Agent) follow(ctx context.Context, links <-chan netlink.LinkUpdate) error {
	known := map[string]tapState{}
	for update := range links {
		attrs := update.Link.Attrs()
		if !strings.HasPrefix(attrs.Name, tapPrefix) {
			continue
		}
		if update.Header.Type == unix.RTM_DELLINK {
			// A bridge port's farewell to its bridge comes as such a message too, with the family of bridges.
			if update.IfInfomsg.Family != unix.AF_BRIDGE {
				delete(known, attrs.Name)
				a.duty.Nudge()
			}
			continue
		}
		now := tapState{attrs.Index, attrs.MasterIndex, attrs.Flags&net.FlagUp != 0}
		before, seen := known[attrs.Name]
		known[attrs.Name] = now
		if !seen || before.index != now.index || now.master == 0 && before.master != 0 || before.up && !now.up {
			a.duty.Nudge()
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	return errors.New("the subscription to link events ended")
}
