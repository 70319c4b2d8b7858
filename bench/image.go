package main

import (
	"cmp"
	"context"
	"crypto/md5" //nolint:gosec // what images have
	"crypto/rand"
	"crypto/sha512"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// images is what was measured of glance.
type images struct {
	rows     []transfer
	parallel []parallel
	list     beside
}

// transfer is how a GiB moved.
type transfer struct {
	name      string
	took, cpu time.Duration // cpu of the process that serves, or of the one that does it by hand
	reference string
}

// parallel is what many transfers at once take of memory.
type parallel struct {
	name         string
	before, most int64 // bytes
}

const (
	gib           = 1 << 30
	transferTries = 3
	transfersMany = 64
	imagesMany    = 10_000
)

func measureImages(ctx context.Context, o options) (i images, err error) {
	c, err := startCloud(ctx, o.binary, "fake", 1, "")
	if err != nil {
		return i, err
	}
	defer func() { err = errors.Join(err, c.wipe()) }()
	c.client.Timeout = 0
	block := make([]byte, 16<<20)
	if _, err := rand.Read(block); err != nil {
		return i, err
	}
	if err := i.byHand(c, block); err != nil {
		return i, err
	}
	if err := i.upAndDown(ctx, c, block); err != nil {
		return i, err
	}
	say("registering %d images", imagesMany)
	var made errgroup.Group
	made.SetLimit(8)
	for n := range imagesMany {
		made.Go(func() error { _, err := c.newImage(ctx, fmt.Sprintf("image-%05d", (n*7919)%imagesMany)); return err })
	}
	if err := made.Wait(); err != nil {
		return i, err
	}
	i.list, err = c.besideBytes(ctx, measurement{
		name: "GET /images, a page of 1000 of 10000, sorted by name, those of a status and format",
		do:   c.getting("/image/v2/images?limit=1000&sort=name:asc&status=queued&disk_format=raw"),
	}, o.span)
	i.list.target = "4 times"
	return i, err
}

// byHand is what the processor and the disk allow.
func (i *images) byHand(c *cloud, block []byte) error {
	say("digesting and writing a GiB by hand")
	self := process{os.Getpid()}
	hand := func(name string, do func() error) error {
		before, err1 := self.cpu()
		began := time.Now()
		err := do()
		took := time.Since(began)
		after, err2 := self.cpu()
		i.rows = append(i.rows, transfer{name: name, took: took, cpu: after - before})
		return errors.Join(err, err1, err2)
	}
	err := hand("*limit:* SHA-512 and MD5 of a GiB in memory, one after the other", func() error {
		long, short := sha512.New(), md5.New() //nolint:gosec // what images have
		for range gib / len(block) {
			long.Write(block)
			short.Write(block)
		}
		return nil
	})
	file := filepath.Join(c.data, "by-hand")
	return errors.Join(err, hand("*limit:* a GiB written to the disk and synced", func() error {
		f, err := os.Create(file)
		if err != nil {
			return err
		}
		for range gib / len(block) {
			if _, err := f.Write(block); err != nil {
				return errors.Join(err, f.Close())
			}
		}
		return errors.Join(f.Sync(), f.Close())
	}), os.Remove(file))
}

// upAndDown measures one upload and one download, in turns with nginx, and many at once.
func (i *images) upAndDown(ctx context.Context, c *cloud, block []byte) error {
	var id string
	up := func() (err error) {
		if id, err = c.newImage(ctx, "gib"); err == nil {
			err = c.put(ctx, id, &repeated{block: block, left: gib}, gib)
		}
		return err
	}
	if err := i.turns(transfer{name: "upload of a GiB", reference: "4.5 s CPU"}, c.process, up); err != nil {
		return err
	}
	web, err := startNginx(ctx, filepath.Join(c.data, "images"))
	if err != nil {
		return err
	}
	keys, err := filepath.Glob(filepath.Join(c.data, "images", id+".*"))
	if err != nil || len(keys) != 1 {
		return errors.Join(err, web.stop(), fmt.Errorf("image %s lies in %q", id, keys))
	}
	path := "/image/v2/images/" + id + "/file"
	err = errors.Join(
		i.turns(transfer{name: "*limit:* nginx, download of the same GiB"}, web.process, func() error { return c.fetch(ctx, web.url+"/"+filepath.Base(keys[0])) }),
		i.turns(transfer{name: "download of a GiB", reference: "0.31 s CPU"}, c.process, func() error { return c.fetch(ctx, path) }),
		web.stop(),
	)
	if err != nil {
		return err
	}
	err = i.many(ctx, c, fmt.Sprintf("%d downloads of a GiB", transfersMany), time.Hour, func(ctx context.Context) error { return c.fetch(ctx, path) })
	if err != nil {
		return err
	}
	return i.many(ctx, c, fmt.Sprintf("%d uploads of a GiB, the first seconds", transfersMany), 15*time.Second, func(ctx context.Context) error {
		id, err := c.newImage(ctx, "many")
		if err != nil {
			return err
		}
		return c.put(ctx, id, &repeated{block: block, left: gib}, gib)
	})
}

// turns does something some times and keeps the median.
func (i *images) turns(t transfer, of process, do func() error) error {
	say("measuring %s", t.name)
	var all []transfer
	for range transferTries {
		before, err1 := of.cpu()
		began := time.Now()
		err := do()
		t.took = time.Since(began)
		after, err2 := of.cpu()
		if err := errors.Join(err, err1, err2); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		t.cpu = after - before
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b transfer) int { return cmp.Compare(a.took, b.took) })
	i.rows = append(i.rows, all[len(all)/2])
	return nil
}

// many does something many times at once, for so long at most, and looks at the memory meanwhile.
func (i *images) many(ctx context.Context, c *cloud, name string, span time.Duration, do func(context.Context) error) error {
	say("measuring %s at once", name)
	before, err := c.pss()
	if err != nil {
		return err
	}
	p := parallel{name: name, before: before, most: before}
	ending, cancel := context.WithTimeout(ctx, span)
	defer cancel()
	var all errgroup.Group
	for range transfersMany {
		all.Go(func() error {
			if err := do(ending); err != nil && ending.Err() == nil {
				return err
			}
			return nil
		})
	}
	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		look := time.NewTicker(200 * time.Millisecond)
		defer look.Stop()
		for {
			if now, err := c.pss(); err == nil {
				p.most = max(p.most, now)
			}
			select {
			case <-done:
				return
			case <-look.C:
			}
		}
	})
	err = all.Wait()
	close(done)
	watching.Wait()
	i.parallel = append(i.parallel, p)
	return err
}

// newImage registers an image without bits.
func (c *cloud) newImage(ctx context.Context, name string) (id string, err error) {
	var made struct{ ID string }
	_, err = c.ask(ctx, "POST", "/image/v2/images", map[string]any{"name": name, "disk_format": "raw", "container_format": "bare"}, &made)
	return made.ID, err
}

// put brings an image's bits.
func (c *cloud) put(ctx context.Context, id string, bits io.Reader, size int64) error {
	r, err := http.NewRequestWithContext(ctx, "PUT", "http://"+c.listen+"/image/v2/images/"+id+"/file", bits)
	if err != nil {
		return err
	}
	r.ContentLength = size
	r.Header.Set("Content-Type", "application/octet-stream")
	return c.drain(r)
}

// fetch reads a path, or a URL, to its end.
func (c *cloud) fetch(ctx context.Context, path string) error {
	url := path
	if path[0] == '/' {
		url = "http://" + c.listen + path
	}
	r, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		return err
	}
	return c.drain(r)
}

// drain asks, and throws the answer away.
func (c *cloud) drain(r *http.Request) error {
	r.Header.Set("X-Auth-Token", c.token)
	res, err := c.client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s", r.Method, r.URL.Path, res.Status)
	}
	_, err = io.CopyBuffer(struct{ io.Writer }{io.Discard}, res.Body, make([]byte, 256<<10))
	return err
}

// repeated is a block again and again.
type repeated struct {
	block []byte
	left  int64
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	at := (gib - r.left) % int64(len(r.block))
	n := copy(p[:min(int64(len(p)), r.left)], r.block[at:])
	r.left -= int64(n)
	return n, nil
}

// startNginx serves a folder by sendfile, in one process.
func startNginx(ctx context.Context, folder string) (*limit, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	own, err := os.MkdirTemp("", "cumulet-bench-nginx-")
	if err != nil {
		return nil, err
	}
	config := filepath.Join(own, "nginx.conf")
	text := fmt.Sprintf(`daemon off; master_process off; user root; pid %[1]s/pid; error_log stderr crit;
events {}
http {
	access_log off; sendfile on; tcp_nopush on;
	client_body_temp_path %[1]s; proxy_temp_path %[1]s; fastcgi_temp_path %[1]s; uwsgi_temp_path %[1]s; scgi_temp_path %[1]s;
	server { listen %[2]s; location / { root %[3]s; } }
}
`, own, address, folder)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "nginx", "-c", config)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	l := &limit{process: process{cmd.Process.Pid}, cmd: cmd, url: "http://" + address}
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for range 500 {
		if conn, err := net.Dial("tcp", address); err == nil {
			return l, errors.Join(conn.Close(), os.RemoveAll(own)) // it has read its configuration
		}
		<-look.C
	}
	return nil, errors.Join(errors.New("nginx does not start"), l.stop())
}
