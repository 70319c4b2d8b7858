package db

import (
	"context"
	"fmt"
	"slices"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/uptrace/bun"

	"cumulet/nova"
)

const (
	// remembered bounds the memory, in servers, and largest which are remembered, in bytes of JSON and user data.
	remembered = 10000
	largest    = 8 << 10
	// asked bounds how many rows are named in one question.
	asked = 500
)

// memory remembers servers as their rows were read, by id. Every write of a row draws it another revision, so a server
// remembered is the row as long as the two have the same: a long list asks for ids and revisions, and reads the rows that it
// does not know. What it gives is shared: nobody may change it in place.
type memory struct {
	servers *lru.Cache[string, nova.Server]
}

func newMemory() memory {
	servers, err := lru.New[string, nova.Server](remembered)
	if err != nil {
		panic(err) // for a size below one only, says its documentation
	}
	return memory{servers}
}

// stamp is which row stands in a list, and which revision of it.
type stamp struct {
	ID       string
	Revision int64
}

// size is what of a row can be large.
func (r serverRow) size() int {
	return len(r.Network) + len(r.Metadata) + len(r.SystemMetadata) + len(r.Image) + len(r.Flavor) + len(r.UserData) + len(r.PublicKey) +
		len(r.Fault)
}

// Servers lists servers. A marker that is none is a fault of kind Invalid. The servers given are shared with other lists:
// nobody may change one in place.
func (d *DB) Servers(ctx context.Context, f nova.ServerFilter, p nova.Page) ([]nova.Server, error) {
	match, err := patterns(f)
	if err != nil {
		return nil, err
	}
	stamps, err := d.stamps(ctx, f, p, match != nil)
	if err != nil {
		return nil, err
	}
	servers, known, err := d.recall(ctx, stamps)
	if err != nil {
		return nil, err
	}
	if !known { // a row changed between the two questions: one that asks for all is right by itself
		return d.rows.Servers(ctx, f, p)
	}
	return matching(servers, match, p.Limit), nil
}

// stamps are the rows of a list in its order; cut where its page ends, unless more than SQL decides who is in it.
func (d *DB) stamps(ctx context.Context, f nova.ServerFilter, p nova.Page, more bool) ([]stamp, error) {
	var list []stamp
	q, err := d.paged(ctx, where(d.rows.NewSelect().Model((*serverRow)(nil)).Column("id", "revision"), f), p)
	if err != nil {
		return nil, err
	}
	if p.Limit > 0 && !more {
		q = q.Limit(int64(p.Limit))
	}
	if err := q.Scan(ctx, &list); err != nil {
		return nil, fmt.Errorf("list servers: %w", err)
	}
	return list, nil
}

// recall gives the stamped servers; those that are not remembered are read, and known is false when one has changed since.
func (d *DB) recall(ctx context.Context, stamps []stamp) (servers []nova.Server, known bool, err error) {
	servers = make([]nova.Server, len(stamps))
	var missing []string
	at := map[string]int{}
	for i, s := range stamps {
		found, ok := d.memory.servers.Get(s.ID)
		if !ok || found.Revision != s.Revision {
			missing, at[s.ID] = append(missing, s.ID), i
			continue
		}
		servers[i] = found
	}
	alike := &decoder{}
	for ids := range slices.Chunk(missing, asked) {
		var list []serverRow
		if err := d.rows.NewSelect().Model(&list).Where("s.id IN (?)", bun.In(ids)).Scan(ctx); err != nil {
			return nil, false, fmt.Errorf("read servers: %w", err)
		}
		if len(list) < len(ids) {
			return nil, false, nil
		}
		for _, row := range list {
			s, err := row.server(alike)
			if err != nil {
				return nil, false, err
			}
			if row.size() <= largest {
				d.memory.servers.Add(s.ID, s)
			}
			if servers[at[s.ID]] = s; s.Revision != stamps[at[s.ID]].Revision {
				return nil, false, nil
			}
		}
	}
	return servers, true, nil
}
