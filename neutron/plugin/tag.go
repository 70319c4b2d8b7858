package plugin

import (
	"context"
	"fmt"
)

// SetTags replaces the tags of a noun of a table ("networks").
func (p *Plugin) SetTags(ctx context.Context, table, id string, tags []string) error {
	return p.tx(ctx, func(w *work) error {
		if err := w.SetTags(ctx, id, tags); err != nil {
			return fmt.Errorf("set tags of %q: %w", id, err)
		}
		return w.Touch(ctx, table, id)
	})
}
