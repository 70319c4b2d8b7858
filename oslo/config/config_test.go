package config_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"cumulet/oslo/config"
)

// settings is a tree with every kind of option.
type settings struct {
	Listen  string  `conf:"listen" doc:"Where the gateway listens."`
	Compute compute `conf:"nova_compute" doc:"The hypervisor's role."`
	Network network `conf:"neutron"`
	runtime string
}

type common struct {
	Workers int `conf:"workers" doc:"Messages worked on at once."`
}

type compute struct {
	common
	VirtType string        `conf:"virt_type" doc:"auto, kvm or qemu."`
	Poll     time.Duration `conf:"poll"`
	Reserved config.Size   `conf:"reserved"`
	Password config.Secret `conf:"password"`
	Ratio    float64       `conf:"ratio"`
	Fake     bool          `conf:"fake"`
	Ports    []uint16      `conf:"ports"`
	NotOurs  string
}

func (c *compute) Check() error {
	if c.Workers < 0 {
		return errors.New("workers cannot be negative")
	}
	return nil
}

type network struct {
	Resolver netip.Addr        `conf:"resolver"`
	Bridges  map[string]string `conf:"bridges"`
	Physical []physical        `conf:"physical"`
}

type physical struct {
	Name string `conf:"name"`
	MTU  int    `conf:"mtu"`
}

func (p *physical) Check() error {
	if p.MTU < 0 {
		return errors.New("mtu: it cannot be negative")
	}
	return nil
}

func defaults() *settings {
	return &settings{Listen: ":8774", Compute: compute{
		common: common{Workers: 16}, VirtType: "auto", Poll: 10 * time.Second, Reserved: 512 << 20, Ratio: 1.5, Ports: []uint16{1},
	}}
}

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "cumulet.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

const whole = `
listen: 127.0.0.1:80
nova_compute:
  workers: 4
  virt_type: qemu
  poll: 1m30s
  reserved: 2GiB
  password: geheim
  ratio: 16
  fake: yes
  ports: [1, 0x10]
neutron:
  resolver: 192.0.2.1
  bridges: {physnet1: br-ex}
  physical:
    - name: a
      mtu: 1500
    - {name: 1}
`

func TestFileAndEnvironmentOverrideDefaults(t *testing.T) {
	t.Parallel()
	c := defaults()
	err := config.Load(c, write(t, whole), []string{
		"CUMULET_NOVA_COMPUTE_VIRT_TYPE=kvm", "CUMULET_NOVA_COMPUTE_PORTS=5, 6", "CUMULET_LISTEN=:1", "CUMULET_DATA=/x", "HOME=/root",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := &settings{Listen: ":1",
		Compute: compute{
			common: common{Workers: 4}, VirtType: "kvm", Poll: 90 * time.Second, Reserved: 2 << 30, Password: "geheim", Ratio: 16,
			Fake: true, Ports: []uint16{5, 6},
		},
		Network: network{
			Resolver: netip.MustParseAddr("192.0.2.1"), Bridges: map[string]string{"physnet1": "br-ex"},
			Physical: []physical{{"a", 1500}, {"1", 0}},
		},
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("loaded %+v\nwant %+v", c, want)
	}
	if c.Compute.Password.Reveal() != "geheim" {
		t.Error("the secret does not reveal itself")
	}
}

func TestWithoutFileTheDefaultsHold(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"", write(t, ""), write(t, "# nothing\n"), write(t, "listen:\nnova_compute:\n")} {
		c := defaults()
		if err := config.Load(c, file, nil); err != nil || !reflect.DeepEqual(c, defaults()) {
			t.Errorf("loaded %+v, %v", c, err)
		}
	}
	if err := config.Load(defaults(), filepath.Join(t.TempDir(), "none.yaml"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestMistakesAreToldWithTheirPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"listne: x", `:1: listne: no such option; did you mean listen?`},
		{"nova_compute:\n  virttype: x", `:2: nova_compute.virttype: no such option; did you mean virt_type?`},
		{"cinder:\n  a: 1", `:1: cinder: no such option`},
		{"\n\nnova_compute:\n  workers: many", `:4: nova_compute.workers: want a whole number, not "many"`},
		{"nova_compute:\n  workers: [1]", `:2: nova_compute.workers: want a whole number`},
		{"nova_compute:\n  poll: 10", `:2: nova_compute.poll: want a duration such as 30s, not "10"`},
		{"nova_compute:\n  reserved: 1 acre", `:2: nova_compute.reserved: want a size such as 10GiB, not "1 acre"`},
		{"nova_compute:\n  reserved: 9999999TiB", `want a size`},
		{"nova_compute:\n  fake: maybe", `:2: nova_compute.fake: want true or false, not "maybe"`},
		{"nova_compute:\n  ports: [1, 70000]", `:2: nova_compute.ports[1]: want a whole number from 0, not "70000"`},
		{"nova_compute:\n  password: '[secret]'", `:2: nova_compute.password: want the secret itself`},
		{"nova_compute: 3", `:1: nova_compute: want a section with options`},
		{"neutron:\n  physical:\n    - nmae: x", `:3: neutron.physical[0].nmae: no such option; did you mean name?`},
		{"neutron:\n  resolver: here", `:2: neutron.resolver: `},
		{"listen: a\nlisten: b", `:2: listen: is set twice`},
		{"listen: [", `cumulet.yaml: yaml: line 1`},
		{"- a", `:1: want a section with options`},
		{"nova_compute:\n  workers: -1", `nova_compute: workers cannot be negative`},
	} {
		err := config.Load(defaults(), write(t, c.text), nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v\nwant %s", c.text, err, c.want)
		}
	}
	for variable, want := range map[string]string{
		"CUMULET_NOVA_COMPUTE_VIRTTYPE=x":  "did you mean CUMULET_NOVA_COMPUTE_VIRT_TYPE?",
		"CUMULET_NOVA_COMPUTE_WORKERS=x":   `CUMULET_NOVA_COMPUTE_WORKERS: want a whole number, not "x"`,
		"CUMULET_NEUTRON_BRIDGES=a=b":      "can be set in the file only",
		"CUMULET_NOVA_COMPUTE_PORTS=1,two": `not "two"`,
	} {
		if err := config.Load(defaults(), "", []string{variable}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v\nwant %s", variable, err, want)
		}
	}
	err := config.Load(defaults(), write(t, "listne: x\nnova_compute: 3"), []string{"CUMULET_NOVA_COMPUTE_WORKERS=x"})
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("three mistakes are told as %v", err)
	}
}

func TestPrintIsReadBackButForSecrets(t *testing.T) {
	t.Parallel()
	c := defaults()
	if err := config.Load(c, write(t, whole), []string{"CUMULET_NOVA_COMPUTE_VIRT_TYPE=no"}); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := config.Print(&out, c); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	if strings.Contains(text, "geheim") || !strings.Contains(text, "# auto, kvm or qemu.\n") || !strings.Contains(text, "reserved: 2GiB\n") {
		t.Errorf("printed\n%s", text)
	}
	again := defaults()
	if err := config.Load(again, write(t, strings.ReplaceAll(text, "'[secret]'", "geheim")), nil); err != nil || !reflect.DeepEqual(c, again) {
		t.Errorf("read back %+v, %v, from\n%s", again, err, text)
	}
}

func TestElementsCheckThemselvesWhereTheyStand(t *testing.T) {
	t.Parallel()
	err := config.Load(defaults(), write(t, "neutron:\n  physical:\n    - {name: a, mtu: 1}\n    - name: b\n      mtu: -1\n"), nil)
	if err == nil || !strings.Contains(err.Error(), "cumulet.yaml:4: neutron.physical[1]: mtu: it cannot be negative") {
		t.Errorf("%v", err)
	}
}

func TestSecretShowsItselfNowhere(t *testing.T) {
	t.Parallel()
	c := defaults()
	c.Compute.Password = "geheim"
	var out bytes.Buffer
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "a", c.Compute.Password, "b", c.Compute)
	encoded, err := json.Marshal(c.Compute)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&out, "%v %+v %#v %s %q %x %s", c, c.Compute, c.Compute.Password, c.Compute.Password, c.Compute.Password, c.Compute.Password, encoded)
	if strings.Contains(out.String(), "geheim") || strings.Contains(out.String(), "67656865696d") {
		t.Errorf("shown in %s", out.String())
	}
	if config.Secret("").String() != "" {
		t.Error("no secret shows as one")
	}
}

func TestDescribeListsTheOptions(t *testing.T) {
	t.Parallel()
	all := config.Describe(defaults())
	var keys []string
	for _, o := range all {
		keys = append(keys, o.Key)
	}
	want := []string{"listen", "nova_compute.workers", "nova_compute.virt_type", "nova_compute.poll", "nova_compute.reserved",
		"nova_compute.password", "nova_compute.ratio", "nova_compute.fake", "nova_compute.ports", "neutron.resolver",
		"neutron.bridges", "neutron.physical", "neutron.physical.NAME.name", "neutron.physical.NAME.mtu"}
	if !slices.Equal(keys, want) {
		t.Errorf("keys %v\nwant %v", keys, want)
	}
	if got, want := all[4], (config.Option{
		Key: "nova_compute.reserved", Variable: "CUMULET_NOVA_COMPUTE_RESERVED", Type: "a size such as 10GiB", Default: "512MiB",
	}); got != want {
		t.Errorf("described as %+v, want %+v", got, want)
	}
	if all[8].Default != "[1]" || all[1].Doc != "Messages worked on at once." {
		t.Errorf("described as %+v and %+v", all[8], all[1])
	}
}
