package rbd

import (
	"cmp"
	"fmt"
	"os"
	"regexp"
	"time"
)

// Options are what a store of this kind is configured by. The names in comments are upstream's.
type Options struct {
	// Conf is rbd_store_ceph_conf.
	Conf string `conf:"ceph_conf" doc:"Ceph's configuration file, which leads to the user's key; /etc/ceph/ceph.conf when empty"`
	// User is rbd_store_user.
	User string `conf:"user" doc:"Ceph's user, without client. in front; the file's own when empty"`
	// Pool is rbd_store_pool.
	Pool string `conf:"pool" doc:"the pool that the images are kept in; images when empty"`
	// Prefix parts clouds that share a pool.
	Prefix string `conf:"prefix" doc:"what the names of this cloud's images begin with, such as paris-; no two clouds may have the same in one pool"`
	// ObjectSize is rbd_store_chunk_size.
	ObjectSize int `conf:"object_size_mib" doc:"size in MiB of the objects that an image is striped over, a power of two, 32 at most; 8 when 0"`
	// Grace is how long the trash keeps what readers may still have open.
	Grace time.Duration `conf:"grace" doc:"how long a deleted image is kept for those who are reading it, 1m at least; 1h when 0"`
}

// wordForm is what pools, users and prefixes may look like: nothing that a command line or an image's name takes for more.
var wordForm = regexp.MustCompile(`^[0-9A-Za-z_][0-9A-Za-z_.-]{0,100}$`)

// leastGrace is well more than what a command takes: Ceph reads a time that has passed already as one in 2106.
const leastGrace = time.Minute

// Check refuses options that no store could be made of.
func (o *Options) Check() error {
	for option, word := range map[string]string{"user": o.User, "pool": o.Pool, "prefix": o.Prefix} {
		if word != "" && !wordForm.MatchString(word) {
			return fmt.Errorf("rbd.%s: %q has other signs than letters, digits, dots, dashes and underscores", option, word)
		}
	}
	if o.ObjectSize < 0 || o.ObjectSize > 32 || o.ObjectSize&(o.ObjectSize-1) != 0 {
		return fmt.Errorf("rbd.object_size_mib: %d is no power of two up to 32", o.ObjectSize)
	}
	if o.Grace != 0 && o.Grace < leastGrace {
		return fmt.Errorf("rbd.grace: %s is less than %s", o.Grace, leastGrace)
	}
	return nil
}

// Place tells stores apart by where their images lie.
func (o *Options) Place() string { return o.conf() + " " + o.pool() + " " + o.Prefix }

func (o *Options) conf() string { return cmp.Or(o.Conf, "/etc/ceph/ceph.conf") }

func (o *Options) pool() string { return cmp.Or(o.Pool, "images") }

// Open makes the store. It does not ask Ceph, which may be away while the cloud starts.
func Open(name string, o Options) *Store {
	return &Store{
		StoreName: name, Conf: o.conf(), User: o.User, Pool: o.pool(), Prefix: o.Prefix,
		ObjectSize: cmp.Or(o.ObjectSize, 8), Grace: cmp.Or(o.Grace, time.Hour),
		FSID: fsid(o.conf()),
	}
}

var fsidForm = regexp.MustCompile(`(?m)^[ \t]*fsid[ \t]*=[ \t]*([0-9a-fA-F-]{36})[ \t]*$`)

// fsid is the cluster's id, if its configuration file says it; nothing but what clients are shown depends on it.
func fsid(conf string) string {
	text, err := os.ReadFile(conf)
	if err != nil {
		return ""
	}
	if found := fsidForm.FindSubmatch(text); found != nil {
		return string(found[1])
	}
	return ""
}
