package db

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"cumulet/placement"
)

// ProviderUsages tells how much of each class is claimed, for each class of the inventories and by provider.
func (r rows) ProviderUsages(ctx context.Context, providerIDs []string) (map[string]map[string]int, error) {
	var found []struct {
		ProviderID, ResourceClass string
		Used                      int
	}
	err := in(r.NewSelect().Table("allocations").Column("provider_id", "resource_class").ColumnExpr("SUM(used) AS used"),
		"provider_id", providerIDs).GroupExpr("provider_id, resource_class").Scan(ctx, &found)
	if err != nil {
		return nil, fmt.Errorf("add up usages: %w", err)
	}
	all := map[string]map[string]int{}
	for _, row := range found {
		if all[row.ProviderID] == nil {
			all[row.ProviderID] = map[string]int{}
		}
		all[row.ProviderID][row.ResourceClass] = row.Used
	}
	return all, nil
}

// ProjectUsages adds up what a project's consumers use, by type of consumer.
func (r rows) ProjectUsages(ctx context.Context, f placement.UsageFilter) ([]placement.TypeUsage, error) {
	owned := func(q *bun.SelectQuery) *bun.SelectQuery {
		q = q.Join("JOIN consumers ON consumers.id = allocations.consumer_id").Where("consumers.project_id = ?", f.ProjectID)
		if f.UserID != "" {
			q = q.Where("consumers.user_id = ?", f.UserID)
		}
		switch f.ConsumerType {
		case "", "all":
		case placement.UnknownConsumerType:
			q = q.Where("consumers.type = ''")
		default:
			q = q.Where("consumers.type = ?", f.ConsumerType)
		}
		return q
	}
	var counts []struct {
		Type  string
		Count int
	}
	err := owned(r.NewSelect().Table("allocations").ColumnExpr("consumers.type AS type").
		ColumnExpr("COUNT(DISTINCT allocations.consumer_id) AS count")).GroupExpr("consumers.type").
		OrderExpr("consumers.type").Scan(ctx, &counts)
	if err != nil {
		return nil, fmt.Errorf("count consumers of %q: %w", f.ProjectID, err)
	}
	var sums []struct {
		Type, ResourceClass string
		Used                int
	}
	err = owned(r.NewSelect().Table("allocations").ColumnExpr("consumers.type AS type").
		ColumnExpr("allocations.resource_class AS resource_class").ColumnExpr("SUM(used) AS used")).
		GroupExpr("consumers.type, allocations.resource_class").Scan(ctx, &sums)
	if err != nil {
		return nil, fmt.Errorf("add up usages of %q: %w", f.ProjectID, err)
	}
	list := make([]placement.TypeUsage, len(counts))
	for i, c := range counts {
		list[i] = placement.TypeUsage{ConsumerType: c.Type, ConsumerCount: c.Count}
		for _, s := range sums {
			if s.Type == c.Type {
				list[i].Usages = append(list[i].Usages, placement.Usage{ResourceClass: s.ResourceClass, Used: s.Used})
			}
		}
	}
	return list, nil
}

// TreeProviders lists the providers of trees.
func (r rows) TreeProviders(ctx context.Context, rootIDs []string) ([]placement.ResourceProvider, error) {
	var found []providerRow
	if err := in(r.NewSelect().Model(&found), "root_id", rootIDs).OrderExpr("created_at, id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("list the providers of trees: %w", err)
	}
	list := make([]placement.ResourceProvider, len(found))
	for i, row := range found {
		list[i] = row.noun()
	}
	return list, nil
}
