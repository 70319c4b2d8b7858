package plugin

import (
	"context"
	"fmt"
)

// ChangeTags replaces the tags of a noun of a table ("networks") by what next makes of those it has, and gives the new ones.
// Between reading and writing nobody else changes them.
func (p *Plugin) ChangeTags(ctx context.Context, table, id string, next func(have []string) ([]string, error)) (tags []string, err error) {
	err = p.tx(ctx, func(w *work) error {
		have, err := w.Tags(ctx, id)
		if err != nil {
			return fmt.Errorf("read tags of %q: %w", id, err)
		}
		if tags, err = next(have); err != nil {
			return err
		}
		if err := w.SetTags(ctx, id, tags); err != nil {
			return fmt.Errorf("set tags of %q: %w", id, err)
		}
		return w.Touch(ctx, table, id)
	})
	return tags, err
}
