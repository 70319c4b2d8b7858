package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// cloud is a cumulet with fake drivers that this program started.
type cloud struct {
	binary, data, listen string
	pid                  int
	token                string
	client               *http.Client
	hosts                int

	cold, warm time.Duration // from `cumulet up` to all APIs answering, at first and second start
	idle       int64         // PSS in bytes when nothing is asked
}

// startCloud starts it twice, since a first start makes databases, accounts and keys, and a second one does not.
func startCloud(ctx context.Context, binary string, hosts int) (*cloud, error) {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return nil, err
	}
	data, err := os.MkdirTemp("", "cumulet-bench-")
	if err != nil {
		return nil, err
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := &cloud{binary: binary, data: data, listen: free.Addr().String(), hosts: hosts, client: &http.Client{
		Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 256},
	}}
	if err := free.Close(); err != nil {
		return nil, err
	}
	for _, took := range []*time.Duration{&c.cold, &c.warm} {
		began := time.Now()
		if err := c.command(ctx, "up", "--no-demo", "--no-image"); err != nil {
			return nil, errors.Join(err, c.wipe())
		}
		*took = time.Since(began)
		if took == &c.cold {
			if err := c.command(ctx, "down"); err != nil {
				return nil, err
			}
		}
	}
	b, err := os.ReadFile(filepath.Join(data, "cumulet.pid"))
	if err != nil {
		return nil, err
	}
	if c.pid, err = strconv.Atoi(strings.TrimSpace(string(b))); err != nil {
		return nil, err
	}
	if c.idle, err = c.pss(); err != nil {
		return nil, err
	}
	c.token, err = c.signIn(ctx)
	return c, err
}

func (c *cloud) command(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, c.binary, args...)
	cmd.Env = append(os.Environ(), "CUMULET_DATA="+c.data, "CUMULET_LISTEN="+c.listen, "CUMULET_DRIVERS=fake",
		"CUMULET_FAKE_HOSTS="+strconv.Itoa(c.hosts), "CUMULET_LOG_LEVEL=warn")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("cumulet %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

func (c *cloud) wipe() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return errors.Join(c.command(ctx, "wipe"), os.RemoveAll(c.data))
}

// cpu is the processor time that the cloud's process has used, user and system.
func (c *cloud) cpu() (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+2:]))
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	const tick = 10 * time.Millisecond // USER_HZ is 100 on Linux
	return time.Duration(user+system) * tick, errors.Join(err1, err2)
}

// pss is the memory that the process has to itself, shared pages counted in part.
func (c *cloud) pss() (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", c.pid))
	if err != nil {
		return 0, err
	}
	for _, line := range strings.Split(string(b), "\n") {
		if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
			kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kib << 10, err
		}
	}
	return 0, errors.New("no Pss in smaps_rollup")
}

// password is the administrator's, as `cumulet env` prints it.
func (c *cloud) password() (string, error) {
	b, err := os.ReadFile(filepath.Join(c.data, "openrc-admin"))
	if err != nil {
		return "", err
	}
	_, rest, _ := strings.Cut(string(b), "OS_PASSWORD='")
	password, _, found := strings.Cut(rest, "'")
	if !found {
		return "", errors.New("openrc-admin has no password")
	}
	return password, nil
}

// credentials is the body that asks for the administrator's token.
func (c *cloud) credentials() (map[string]any, error) {
	password, err := c.password()
	domain := map[string]any{"id": "default"}
	return map[string]any{"auth": map[string]any{
		"identity": map[string]any{"methods": []string{"password"}, "password": map[string]any{
			"user": map[string]any{"name": "admin", "domain": domain, "password": password}}},
		"scope": map[string]any{"project": map[string]any{"name": "admin", "domain": domain}},
	}}, err
}

func (c *cloud) signIn(ctx context.Context) (string, error) {
	body, err := c.credentials()
	if err != nil {
		return "", err
	}
	header, err := c.ask(ctx, "POST", "/identity/v3/auth/tokens", body, nil)
	return header.Get("X-Subject-Token"), err
}

// ask sends JSON and reads the answer whole; what is not 2xx is an error.
func (c *cloud) ask(ctx context.Context, method, path string, body, into any) (http.Header, error) {
	var raw io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		raw = bytes.NewReader(b)
	}
	url := path
	if strings.HasPrefix(path, "/") {
		url = "http://" + c.listen + path
	}
	r, err := http.NewRequestWithContext(ctx, method, url, raw)
	if err != nil {
		return nil, err
	}
	r.Header.Set("X-Auth-Token", c.token)
	r.Header.Set("Content-Type", "application/json")
	if strings.Contains(path, "/auth/tokens") {
		r.Header.Set("X-Subject-Token", c.token)
	}
	res, err := c.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if res.StatusCode/100 != 2 {
		return nil, fmt.Errorf("%s %s: %d %.300s", method, path, res.StatusCode, b)
	}
	if into != nil {
		err = json.Unmarshal(b, into)
	}
	return res.Header, err
}
