package resource

import (
	"context"

	"cumulet/keystone"
	"cumulet/keystone/db"
)

// DomainConfig is what a domain has configured for itself, of a group and an option where they are not "". What is sensitive is not
// there, not even when it is asked for by its name.
func (m *Manager) DomainConfig(ctx context.Context, id, group, option string) (keystone.DomainConfig, error) {
	if err := keystone.Configurable(group, option); err != nil {
		return nil, err
	}
	config, err := m.DB.DomainConfig(ctx, id, group, option)
	if err == nil && len(config) == 0 {
		err = keystone.DomainConfigNotFound(id, group, option)
	}
	return config, keystone.Named("read configuration of domain", id, err)
}

// CreateDomainConfig gives a domain a configuration in the place of any it had, and tells whether it had one.
func (m *Manager) CreateDomainConfig(ctx context.Context, id string, given keystone.DomainConfig) (
	shown keystone.DomainConfig, replaced bool, err error,
) {
	err = m.Tx(ctx, func(tx *db.Tx) error {
		if _, err := tx.Domain(ctx, id); err != nil {
			return err
		}
		old, err := whole(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := tx.DeleteDomainConfig(ctx, id, "", ""); err != nil {
			return err
		}
		if err := tx.PutDomainConfig(ctx, id, given); err != nil {
			return err
		}
		if shown, err = tx.DomainConfig(ctx, id, "", ""); err != nil {
			return err
		}
		replaced = len(old) > 0
		return tx.Record(ctx, "identity.domain_config.created", keystone.DomainConfigChange{DomainID: id, Options: given.Names()})
	})
	return shown, replaced, keystone.Named("configure domain", id, err)
}

// UpdateDomainConfig changes what is given of a domain's configuration. Where a group or an option is named, there must be such already,
// and nothing else may be given. It gives all that is shown of the configuration then; where that is nothing, upstream says so after
// it has changed what is not shown, and so do we.
func (m *Manager) UpdateDomainConfig(ctx context.Context, id, group, option string, given keystone.DomainConfig) (
	keystone.DomainConfig, error,
) {
	err := m.Tx(ctx, func(tx *db.Tx) error {
		if _, err := tx.Domain(ctx, id); err != nil {
			return err
		}
		if err := keystone.Configurable(group, option); err != nil {
			return err
		}
		if err := given.Only(group, option); err != nil {
			return err
		}
		have, err := whole(ctx, tx, id)
		if err != nil {
			return err
		}
		if group != "" && len(have.Of(group, option)) == 0 {
			return keystone.DomainConfigNotFound(id, group, option)
		}
		if err := tx.PutDomainConfig(ctx, id, given); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.domain_config.updated", keystone.DomainConfigChange{DomainID: id, Options: given.Names()})
	})
	if err != nil {
		return nil, keystone.Named("change configuration of domain", id, err)
	}
	return m.DomainConfig(ctx, id, "", "")
}

// DeleteDomainConfig takes a domain's configuration away, or the group or the option in it that is named: that must be there.
func (m *Manager) DeleteDomainConfig(ctx context.Context, id, group, option string) error {
	return keystone.Named("delete configuration of domain", id, m.Tx(ctx, func(tx *db.Tx) error {
		if _, err := tx.Domain(ctx, id); err != nil {
			return err
		}
		if err := keystone.Configurable(group, option); err != nil {
			return err
		}
		have, err := whole(ctx, tx, id)
		if err != nil {
			return err
		}
		gone := have.Of(group, option)
		switch {
		case group != "" && len(have[group]) == 0:
			return keystone.DomainConfigNotFound(id, group, "")
		case option != "" && len(gone) == 0:
			return keystone.DomainConfigNotFound(id, group, option)
		case len(gone) == 0:
			return nil
		}
		if err := tx.DeleteDomainConfig(ctx, id, group, option); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.domain_config.deleted", keystone.DomainConfigChange{DomainID: id, Options: gone.Names()})
	}))
}

// WholeDomainConfig is a domain's configuration with what is sensitive, also where another option refers to it by "%(password)s". It is
// for drivers and never for an answer. dangling names the options that refer to what is not there, for the driver to complain of.
func (m *Manager) WholeDomainConfig(ctx context.Context, id string) (config keystone.DomainConfig, dangling []string, err error) {
	var secrets keystone.DomainConfig
	err = m.Tx(ctx, func(tx *db.Tx) error { // else a new password might meet an old address
		if config, err = tx.DomainConfig(ctx, id, "", ""); err != nil {
			return err
		}
		secrets, err = tx.DomainSecrets(ctx, id, "", "")
		return err
	})
	if err != nil {
		return nil, nil, keystone.Named("read configuration of domain", id, err)
	}
	config, dangling = config.With(secrets)
	return config, dangling, nil
}

// whole is all that a domain has configured, what is sensitive included.
func whole(ctx context.Context, tx *db.Tx, id string) (keystone.DomainConfig, error) {
	config, err := tx.DomainConfig(ctx, id, "", "")
	if err != nil {
		return nil, err
	}
	secrets, err := tx.DomainSecrets(ctx, id, "", "")
	for group, options := range secrets {
		for option, value := range options {
			config.Set(group, option, value)
		}
	}
	return config, err
}
