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

// cloud is a cumulet that this program started.
type cloud struct {
	process
	binary, data, listen string
	password, token      string
	client               *http.Client
	drivers              string // "fake" or "real"
	hosts                int    // with fake drivers
}

// startCloud starts a new one, with nothing in it but the guest image where one is named.
func startCloud(ctx context.Context, binary, drivers string, hosts int, image string) (*cloud, error) {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return nil, err
	}
	data, err := os.MkdirTemp("", "cumulet-bench-")
	if err != nil {
		return nil, err
	}
	listen, err := freeAddress()
	if err != nil {
		return nil, err
	}
	c := &cloud{
		binary: binary, data: data, listen: listen, drivers: drivers, hosts: hosts,
		client: &http.Client{Timeout: 5 * time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 256}},
	}
	with := "--no-image"
	if image != "" {
		with = "--image=" + image
	}
	if err := c.up(ctx, with); err != nil {
		return nil, errors.Join(err, c.wipe())
	}
	return c, nil
}

// freeAddress is one that nobody listens on.
func freeAddress() (string, error) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return free.Addr().String(), free.Close()
}

// up starts it and signs in.
func (c *cloud) up(ctx context.Context, flags ...string) error {
	if err := c.command(ctx, append([]string{"up", "--no-demo"}, flags...)...); err != nil {
		return err
	}
	b, err := os.ReadFile(filepath.Join(c.data, "cumulet.pid"))
	if err != nil {
		return err
	}
	if c.pid, err = strconv.Atoi(strings.TrimSpace(string(b))); err != nil {
		return err
	}
	return c.signIn(ctx)
}

func (c *cloud) command(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, c.binary, args...)
	cmd.Env = append(os.Environ(), "CUMULET_DATA="+c.data, "CUMULET_LISTEN="+c.listen, "CUMULET_DRIVERS="+c.drivers,
		"CUMULET_LOG_LEVEL=warn")
	if c.drivers == "fake" {
		cmd.Env = append(cmd.Env, "CUMULET_FAKE_HOSTS="+strconv.Itoa(c.hosts))
	}
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

// readPassword is the administrator's, as `cumulet env` prints it.
func (c *cloud) readPassword() (string, error) {
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
func (c *cloud) credentials() map[string]any {
	domain := map[string]any{"id": "default"}
	return map[string]any{"auth": map[string]any{
		"identity": map[string]any{"methods": []string{"password"}, "password": map[string]any{
			"user": map[string]any{"name": "admin", "domain": domain, "password": c.password}}},
		"scope": map[string]any{"project": map[string]any{"name": "admin", "domain": domain}},
	}}
}

func (c *cloud) signIn(ctx context.Context) (err error) {
	if c.password, err = c.readPassword(); err != nil {
		return err
	}
	header, err := c.ask(ctx, "POST", "/identity/v3/auth/tokens", c.credentials(), nil)
	c.token = header.Get("X-Subject-Token")
	return err
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

// upload sends bytes as they are.
func (c *cloud) upload(ctx context.Context, path string, content []byte) (http.Header, error) {
	r, err := http.NewRequestWithContext(ctx, "PUT", "http://"+c.listen+path, bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	r.Header.Set("X-Auth-Token", c.token)
	r.Header.Set("Content-Type", "application/octet-stream")
	res, err := c.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode/100 != 2 {
		err = fmt.Errorf("PUT %s: %d %.300s", path, res.StatusCode, b)
	}
	return res.Header, err
}
