package api

import (
	"encoding/json"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"

	"cumulet/nova"
	"cumulet/oslo/rest"
)

const (
	// rendered bounds what is remembered of long lists, in servers, and largest which are, in bytes.
	rendered = 10000
	largest  = 8 << 10
)

// look is all that a server's JSON in a list depends on.
type look struct {
	id                          string
	revision                    int64
	version                     rest.Version
	root                        string // of its links
	extended, extraSpecs, admin bool
	hosted                      bool // the host's status is shown
	hostStatus                  string
}

// renderings remember servers as lists showed them. Nothing has to end one: a server that changed has another revision.
type renderings struct {
	once sync.Once
	seen *lru.Cache[look, []byte]
}

func (r *renderings) memory() *lru.Cache[look, []byte] {
	r.once.Do(func() {
		var err error
		if r.seen, err = lru.New[look, []byte](rendered); err != nil {
			panic(err) // for a size below one only, says its documentation
		}
	})
	return r.seen
}

// render gives servers as the caller may see them in a list.
func (a *API) render(c *rest.Call, o *shown, servers []nova.Server) ([]json.RawMessage, error) {
	memory := a.renderings.memory()
	l := look{
		version: c.Version, root: c.URL(""), extended: o.extended, extraSpecs: o.extraSpecs, admin: c.Who.Has("admin"),
		hosted: o.hostStatus != nil,
	}
	list := make([]json.RawMessage, len(servers))
	for i, s := range servers {
		l.id, l.revision, l.hostStatus = s.ID, s.Revision, o.hostStatus[s.Host]
		if known, ok := memory.Get(l); ok {
			list[i] = known
			continue
		}
		b, err := json.Marshal(o.server(c, s))
		if err != nil {
			return nil, err
		}
		if list[i] = b; len(b) <= largest {
			memory.Add(l, b)
		}
	}
	return list, nil
}
