package db

import (
	"context"

	"github.com/uptrace/bun"

	"cumulet/keystone"
	"cumulet/oslo/db"
)

// configRow is a domain's value of one option.
type configRow struct {
	DomainID string
	Group    string
	Option   string
	Value    db.JSON[any]
}

type whitelistedConfigRow struct {
	bun.BaseModel `bun:"table:whitelisted_config,alias:t"`
	configRow
}

// sensitiveConfigRow has a table of its own, so that no question for the other values brings this one.
type sensitiveConfigRow struct {
	bun.BaseModel `bun:"table:sensitive_config,alias:t"`
	configRow
}

// DomainConfig is what a domain has configured, of a group and an option where they are not "", without what is sensitive.
func (r rows) DomainConfig(ctx context.Context, domainID, group, option string) (keystone.DomainConfig, error) {
	return r.configuredIn(ctx, (*whitelistedConfigRow)(nil), domainID, group, option)
}

// DomainSecrets is what of it is sensitive.
func (r rows) DomainSecrets(ctx context.Context, domainID, group, option string) (keystone.DomainConfig, error) {
	return r.configuredIn(ctx, (*sensitiveConfigRow)(nil), domainID, group, option)
}

// configuredIn is what a domain has in a table.
func (r rows) configuredIn(ctx context.Context, table any, domainID, group, option string) (keystone.DomainConfig, error) {
	var found []configRow
	where, args := configured(domainID, group, option)
	err := r.IDB.NewSelect().Model(table).Where(where, args...).Scan(ctx, &found)
	config := keystone.DomainConfig{}
	for _, row := range found {
		config.Set(row.Group, row.Option, row.Value.V)
	}
	return config, err
}

// PutDomainConfig writes values for a domain; those that it had of the same options go.
func (t *Tx) PutDomainConfig(ctx context.Context, domainID string, config keystone.DomainConfig) error {
	for group, options := range config {
		for option, value := range options {
			if err := t.DeleteDomainConfig(ctx, domainID, group, option); err != nil {
				return err
			}
			row := configRow{domainID, group, option, db.JSON[any]{V: value}}
			var model any = &whitelistedConfigRow{configRow: row}
			if keystone.Sensitive(group, option) {
				model = &sensitiveConfigRow{configRow: row}
			}
			if err := t.insert(ctx, model, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// DeleteDomainConfig deletes what a domain has configured, of a group and an option where they are not "".
func (t *Tx) DeleteDomainConfig(ctx context.Context, domainID, group, option string) error {
	where, args := configured(domainID, group, option)
	for _, table := range []any{(*whitelistedConfigRow)(nil), (*sensitiveConfigRow)(nil)} {
		if _, err := t.remove(ctx, table, where, args...); err != nil {
			return err
		}
	}
	return nil
}

// configured are the rows of a domain, of a group and an option where they are not "".
func configured(domainID, group, option string) (where string, args []any) {
	where, args = "domain_id = ?", []any{domainID}
	if group != "" {
		where, args = where+` AND "group" = ?`, append(args, group)
	}
	if option != "" {
		where, args = where+` AND "option" = ?`, append(args, option)
	}
	return where, args
}
