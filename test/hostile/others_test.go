package hostile

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"cumulet/test/cloud"
)

// others is a user who behaves, and what is known of the cloud while nothing disturbs them.
type others struct {
	alice, nobody *cloud.Client
	quick         time.Duration // a round's usual time
	files, tasks  float64       // open files and goroutines
}

const rounds = 5

func newOthers(t *testing.T, c *cloud.Cloud, alice *cloud.Client) *others {
	t.Helper()
	o := &others{alice: alice, nobody: &cloud.Client{Cloud: c}}
	for range 2 { // the first finds caches cold
		o.quick = o.usual(t)
	}
	o.files, o.tasks = o.gauge(t, "process_open_fds"), o.gauge(t, "go_goroutines")
	return o
}

// usual is the middle of the times that rounds take.
func (o *others) usual(t *testing.T) time.Duration {
	t.Helper()
	took := make([]time.Duration, rounds)
	for n := range took {
		took[n] = o.round(t)
	}
	slices.Sort(took)
	return took[rounds/2]
}

// round asks a little of everything; all of it must be granted.
func (o *others) round(t *testing.T) time.Duration {
	t.Helper()
	began := time.Now()
	ask := func(method, path string, body any) cloud.Answer {
		a, err := o.alice.JSON(method, path, body)
		if err != nil || !a.Good() {
			t.Errorf("%.300s %v", fmt.Sprint(a), err)
		}
		return a
	}
	for _, path := range []string{"/compute/v2.1/servers/detail", "/image/v2/images", "/identity/v3/auth/catalog", "/network/v2.0/ports"} {
		ask("GET", path, nil)
	}
	if a := ask("POST", "/network/v2.0/networks", cloud.M{"network": cloud.M{"name": "x"}}); a.Good() {
		ask("DELETE", "/network/v2.0/networks/"+cloud.ID(a.Object(t, "network")), nil)
	}
	if a, err := o.nobody.JSON("POST", "/identity/v3/auth/tokens", cloud.Credentials("alice", "alice", "alice")); err != nil || !a.Good() {
		t.Errorf("signing in: %.300s %v", fmt.Sprint(a), err)
	}
	return time.Since(began)
}

// gauge is one of the process's own figures.
func (o *others) gauge(t *testing.T, name string) float64 {
	t.Helper()
	a, err := o.nobody.Send("GET", "/metrics", nil, nil)
	if err != nil || !a.Good() {
		t.Fatal(a, err)
	}
	lines := bufio.NewScanner(bytes.NewReader(a.Body))
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			n, err := strconv.ParseFloat(value, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatalf("no %s", name)
	return 0
}

// whileUnder lets an attack loose, asks meanwhile, and ends it.
func (o *others) whileUnder(t *testing.T, attack func(context.Context)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var attacking sync.WaitGroup
	attacking.Go(func() { attack(ctx) })
	defer attacking.Wait()
	defer cancel()
	took := o.usual(t)
	memory := o.gauge(t, "process_resident_memory_bytes")
	t.Logf("a round takes %v, undisturbed %v; %d MiB, %g files, %g goroutines", took.Round(time.Millisecond), o.quick.Round(time.Millisecond),
		int(memory)>>20, o.gauge(t, "process_open_fds"), o.gauge(t, "go_goroutines"))
	if bound := 100*o.quick + 5*time.Second; took > bound {
		t.Errorf("a round takes %v, undisturbed %v", took, o.quick)
	}
	bound := float64(most)
	if strings.HasSuffix(os.Getenv("CUMULET_BINARY"), "-race") {
		bound *= 8 // as the race detector takes
	}
	if memory > bound {
		t.Errorf("%d MiB are taken", int(memory)>>20)
	}
}

// settles waits until the process has no more files and goroutines than before.
func (o *others) settles(t *testing.T) {
	t.Helper()
	limit := time.NewTimer(2 * time.Minute)
	defer limit.Stop()
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	for {
		files, tasks := o.gauge(t, "process_open_fds"), o.gauge(t, "go_goroutines")
		// Databases keep some connections that the work opened.
		if files <= o.files+32 && tasks <= o.tasks+48 {
			return
		}
		select {
		case <-again.C:
		case <-limit.C:
			t.Fatalf("%g files were open, %g are; %g goroutines ran, %g do", o.files, files, o.tasks, tasks)
		}
	}
}
