package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// fakes tells whether this process makes no guests and no wires.
func (p *process) fakes() bool { return p.config.Drivers == fakeDrivers }

// runner is what a role does.
type runner = func(ctx context.Context, ready func()) error

// eachFakeHost runs something for each of the fake hosts; it is ready when all are.
func (p *process) eachFakeHost(on func(host string) runner) runner {
	return func(ctx context.Context, ready func()) error {
		all, ctx := errgroup.WithContext(ctx)
		var waiting atomic.Int64
		waiting.Store(int64(p.config.FakeHosts))
		for i := range p.config.FakeHosts {
			host := p.config.Host
			if i > 0 {
				host = fmt.Sprintf("%s-%d", host, i+1)
			}
			run := on(host)
			all.Go(func() error {
				return run(ctx, sync.OnceFunc(func() {
					if waiting.Add(-1) == 0 {
						ready()
					}
				}))
			})
		}
		return all.Wait()
	}
}
