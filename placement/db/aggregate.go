package db

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"cumulet/placement"
)

type aggregateRow struct {
	bun.BaseModel `bun:"table:provider_aggregates"`
	ProviderID    string `bun:",pk"`
	AggregateID   string `bun:",pk"`
}

// AggregatesOf lists the aggregates of providers, sorted, by provider.
func (r rows) AggregatesOf(ctx context.Context, providerIDs []string) (map[string][]string, error) {
	var found []aggregateRow
	err := in(r.NewSelect().Model(&found), "provider_id", providerIDs).OrderExpr("provider_id, aggregate_id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("list aggregates of providers: %w", err)
	}
	all := map[string][]string{}
	for _, row := range found {
		all[row.ProviderID] = append(all[row.ProviderID], row.AggregateID)
	}
	return all, nil
}

// SetAggregates makes a provider a member of these aggregates and no others.
func (t *Tx) SetAggregates(ctx context.Context, providerID string, aggregates []string) error {
	if _, err := t.Tx.NewDelete().Model((*aggregateRow)(nil)).Where("provider_id = ?", providerID).Exec(ctx); err != nil {
		return err
	}
	if len(aggregates) == 0 {
		return nil
	}
	rows := make([]aggregateRow, len(aggregates))
	for i, id := range aggregates {
		rows[i] = aggregateRow{ProviderID: providerID, AggregateID: id}
	}
	_, err := t.Tx.NewInsert().Model(&rows).Exec(ctx)
	return err
}

// SharingProviders tells, by each provider that shares through aggregates, the roots of the trees it serves, its own among them.
func (r rows) SharingProviders(ctx context.Context) (map[string][]string, error) {
	var found []struct{ ID, RootID string }
	err := r.NewRaw(`
		SELECT sharer.id AS id, sharer.root_id AS root_id FROM resource_providers sharer
		JOIN provider_traits shares ON shares.provider_id = sharer.id AND shares.trait = ?0
		UNION
		SELECT shares.provider_id AS id, served.root_id AS root_id FROM provider_traits shares
		JOIN provider_aggregates own ON own.provider_id = shares.provider_id
		JOIN provider_aggregates other ON other.aggregate_id = own.aggregate_id
		JOIN resource_providers served ON served.id = other.provider_id
		WHERE shares.trait = ?0`, placement.SharesViaAggregate).Scan(ctx, &found)
	if err != nil {
		return nil, fmt.Errorf("find sharing providers: %w", err)
	}
	all := map[string][]string{}
	for _, row := range found {
		all[row.ID] = append(all[row.ID], row.RootID)
	}
	return all, nil
}
