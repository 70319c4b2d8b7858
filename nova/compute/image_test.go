package compute_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"testing"
	"time"

	"cumulet/nova"
	"cumulet/nova/compute"
	"cumulet/oslo/messaging"
)

func TestImagesOfServersHereAreKept(t *testing.T) {
	t.Parallel()
	bus := &messaging.Bus{Transport: messaging.NewMemory()}
	ctx, stop := context.WithCancel(t.Context())
	conductor := &messaging.Server{Bus: bus, Topic: "conductor", Host: "control", Log: slog.New(slog.DiscardHandler)}
	lost := errors.New("no database")
	messaging.Answer(conductor, func(_ context.Context, m nova.ListHostServers) (nova.HostServers, error) {
		if m.Host != "here" {
			return nova.HostServers{}, lost
		}
		return nova.HostServers{Servers: []nova.Server{
			{ID: "1", ImageID: "disk"},
			{ID: "2", ImageID: "ami", KernelID: "aki", RamdiskID: "ari"},
			{ID: "3"}, // from a volume
		}}, nil
	})
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- conductor.Run(ctx, func() { close(ready) }) }()
	<-ready
	defer func() {
		stop()
		<-ended
		if err := bus.Transport.Close(); err != nil {
			t.Error(err)
		}
	}()
	var kept map[string]bool
	c := &compute.Compute{
		Bus: bus, Host: "here", Config: nova.DefaultConfig(),
		CleanImages: func(_ context.Context, used map[string]bool, age time.Duration) error {
			if kept = used; age != nova.DefaultConfig().ImageCacheAge {
				t.Errorf("the age is %s", age)
			}
			return nil
		},
	}
	if err := c.CleanCache(ctx); err != nil {
		t.Fatal(err)
	}
	if want := map[string]bool{"disk": true, "ami": true, "aki": true, "ari": true}; !maps.Equal(kept, want) {
		t.Errorf("kept are %v, want %v", kept, want)
	}
	kept, c.Host = nil, "elsewhere"
	if err := c.CleanCache(ctx); err == nil || kept != nil {
		t.Errorf("when the servers cannot be told, all but %v go (%v)", kept, err)
	}
}
