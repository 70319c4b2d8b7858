package config

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

type fuzzed struct {
	Listen string            `conf:"listen"`
	Debug  bool              `conf:"debug"`
	Nova   fuzzedSection     `conf:"nova"`
	Stores []fuzzedSection   `conf:"stores"`
	Names  map[string]string `conf:"names"`
}

type fuzzedSection struct {
	Workers  int               `conf:"workers"`
	Small    uint8             `conf:"small"`
	Ratio    float64           `conf:"ratio"`
	Interval time.Duration     `conf:"interval"`
	Room     Size              `conf:"room"`
	Hosts    []string          `conf:"hosts"`
	Weights  map[string]uint32 `conf:"weights"`
}

// FuzzLoad holds that no file and no variable makes the reader panic, that it tells mistakes in few words, and that what it takes
// is the same when it is printed and read again.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{
		"listen: 127.0.0.1:1\nnova:\n  workers: 0x10\n  interval: 1h30m\n  room: 10GiB\n  hosts: [a, b]\n  weights: {a: 1}\n", "nova: &n {workers: 1}\nstores: [*n, *n]\n", "a: &a [*a]\n", "nova:\nnames: ~\n", "---\n...\n", "- x\n",
		"nova: {workers: 99999999999999999999}\n", "listen: [a]\nlisten: b\n", "? [a]\n: b\n", "<<: {listen: x}\n", "listen: !!binary eA==\n", "names: {a: 'x\n\n y', '': ' ', 'null': 'null', '1': 'yes'}\n", "#\n", "\xff\xfe", "listen: \"\\x00\\u2028\"\n",
		"nova: {ratio: .nan, room: 9223372036854775807B, interval: 2562047h}\n", "stores: [{hosts: ['']}, null, {small: 256}]\n",
	} {
		f.Add([]byte(seed), "CUMULET_NOVA_WORKERS=7")
	}
	f.Add([]byte(nil), "CUMULET_NOVA_HOSTS=a, ,b")
	f.Add([]byte(nil), "CUMULET_LISTEN")
	f.Add([]byte(nil), "CUMULET_NOVA_WEIGHTS=x")
	folder := f.TempDir()
	read := func(t *testing.T, text []byte, environ ...string) (fuzzed, error) {
		file := filepath.Join(folder, "cumulet.yaml")
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		var c fuzzed
		err := Load(&c, file, environ)
		return c, err
	}
	f.Fuzz(func(t *testing.T, text []byte, variable string) {
		c, err := read(t, text, variable)
		if err != nil {
			if most := 500*(1+bytes.Count(text, []byte("\n"))) + 20*len(text) + 20*len(variable); len(err.Error()) > most {
				t.Errorf("%d bytes are said of %d", len(err.Error()), len(text))
			}
			return
		}
		var printed strings.Builder
		if err := Print(&printed, &c); err != nil {
			t.Fatalf("%+v cannot be printed: %v", c, err)
		}
		again, err := read(t, []byte(printed.String()))
		if err != nil {
			t.Fatalf("%s, printed, is refused: %v", printed.String(), err)
		}
		if second := new(strings.Builder); c.Nova.Ratio == c.Nova.Ratio && !reflect.DeepEqual(settled(again), settled(c)) {
			_ = Print(second, &again)
			t.Errorf("%s becomes %s", printed.String(), second.String())
		}
	})
}

// settled makes no difference between what is empty and what is none.
func settled(c fuzzed) fuzzed {
	if len(c.Names) == 0 {
		c.Names = nil
	}
	all := append([]fuzzedSection{c.Nova}, c.Stores...)
	for i := range all {
		if len(all[i].Hosts) == 0 {
			all[i].Hosts = nil
		}
		if len(all[i].Weights) == 0 {
			all[i].Weights = nil
		}
		if all[i].Ratio != all[i].Ratio {
			all[i].Ratio = 0
		}
	}
	c.Nova, c.Stores = all[0], all[1:]
	return c
}
