package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"cumulet/keystone"
	"cumulet/keystone/credential"
	keystonedb "cumulet/keystone/db"
	"cumulet/keystone/fernet"
	"cumulet/keystone/server"
	"cumulet/keystone/token"
	"cumulet/keystone/trust"
)

// keystoneCommand holds what operators know from keystone-manage.
type keystoneCommand struct {
	Bootstrap         bootstrapCommand         `cmd:"" help:"Make the first accounts, roles and catalog as each start does, where some were changed or deleted."`
	FernetSetup       fernetSetupCommand       `cmd:"" help:"Make the keys of tokens, credentials and receipts that are not there."`
	FernetRotate      fernetRotateCommand      `cmd:"" help:"Make the staged key the one that tokens are made with, and stage a new one."`
	ReceiptRotate     receiptRotateCommand     `cmd:"" help:"Make the staged key the one that receipts are made with, and stage a new one."`
	CredentialRotate  credentialRotateCommand  `cmd:"" help:"Make the staged key the one that credentials are sealed with, and stage a new one."`
	CredentialMigrate credentialMigrateCommand `cmd:"" help:"Seal all credentials with the newest key, so that the keys may be rotated again."`
	CreateJWSKeypair  createJWSKeypairCommand  `cmd:"" name:"create-jws-keypair" help:"Make a pair of keys for signed tokens, private.pem and public.pem, in this folder."`
	TokenDoctor       tokenDoctorCommand       `cmd:"" help:"Look for what is wrong with the keys of tokens, or with a token."`
	MappingPurge      mappingPurgeCommand      `cmd:"" help:"Forget whose the ids of users and groups of directories are, until they are met again."`
	TrustFlush        trustFlushCommand        `cmd:"" help:"Delete the trusts that have ended or are used up."`
}

type bootstrapCommand struct{}

// Run does what a start of keystone does first.
func (bootstrapCommand) Run(ctx context.Context, c *commands) (err error) {
	config, err := loadConfig(c)
	if err != nil {
		return err
	}
	p := &process{data: dataDir(c.Data), config: config, log: slog.New(slog.DiscardHandler)}
	if p.secrets, err = readSecrets(cmp.Or(config.SecretsFile, p.data.secretsFile()), serviceNames()); err != nil {
		return err
	}
	s, err := server.New(ctx, withFolders(p.data, config.Keystone), p.database("keystone"), p.log, time.Now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := p.bootstrap(ctx, s); err != nil {
		return err
	}
	fmt.Println("The first accounts, roles and services are as a start makes them.")
	return nil
}

// keys are the repositories, by their deeds' names.
func keys(c *commands) (tokens, credentials, receipts *fernet.Keys, err error) {
	config, err := loadConfig(c)
	k := withFolders(dataDir(c.Data), config.Keystone)
	return &fernet.Keys{Folder: k.KeyRepository, MaxActive: k.MaxActiveKeys},
		&fernet.Keys{Folder: k.CredentialKeyRepository, MaxActive: credential.MaxActiveKeys},
		&fernet.Keys{Folder: k.ReceiptKeyRepository, MaxActive: k.MaxActiveKeys}, err
}

type fernetSetupCommand struct{}

// Run makes what is missing; what is there stays.
func (fernetSetupCommand) Run(c *commands) error {
	tokens, credentials, receipts, err := keys(c)
	if err != nil {
		return err
	}
	for _, k := range []*fernet.Keys{tokens, credentials, receipts} {
		if err := k.Setup(); err != nil {
			return err
		}
		fmt.Println("There are keys in", k.Folder)
	}
	return nil
}

type fernetRotateCommand struct{}

// Run rotates the keys; a keystone that runs sees it at the next token. Tokens of keys that are still kept stay valid.
func (fernetRotateCommand) Run(c *commands) error {
	tokens, _, _, err := keys(c)
	if err != nil {
		return err
	}
	return tokens.Rotate()
}

type receiptRotateCommand struct{}

// Run rotates the keys of receipts.
func (receiptRotateCommand) Run(c *commands) error {
	_, _, receipts, err := keys(c)
	if err != nil {
		return err
	}
	return receipts.Rotate()
}

type createJWSKeypairCommand struct{}

// Run makes the keys where nothing uses them yet: the public one goes to all keystones before the private one goes to any.
func (createJWSKeypairCommand) Run() error {
	if err := token.WriteKeyPair("private.pem", "public.pem"); err != nil {
		return err
	}
	fmt.Println("Put public.pem into keystone.jws_public_key_repository of every keystone, under any name, and then private.pem into its keystone.jws_private_key_repository.")
	return nil
}

type tokenDoctorCommand struct {
	Token *os.File `arg:"" optional:"" help:"A file with a token, - for the standard input."`
}

// Run prints what is wrong, and fails if something is. A token never stands among the arguments, which all users of a machine can read.
func (d tokenDoctorCommand) Run(c *commands) error {
	tokens, credentials, receipts, err := keys(c)
	if err != nil {
		return err
	}
	var found []string
	for _, k := range []*fernet.Keys{tokens, credentials, receipts} {
		found = append(found, k.Symptoms()...)
	}
	if d.Token != nil {
		text, err := io.ReadAll(io.LimitReader(d.Token, 1<<16))
		if err != nil {
			return err
		}
		said, wrong := token.Diagnose(tokens, strings.TrimSpace(string(text)), time.Now())
		fmt.Println(said)
		found = append(found, wrong...)
	}
	for _, symptom := range found {
		fmt.Println("-", symptom)
	}
	if len(found) > 0 {
		return fmt.Errorf("%d things are not as they should be", len(found))
	}
	fmt.Println("All is well.")
	return nil
}

type mappingPurgeCommand struct {
	All        bool   `help:"All mappings."`
	DomainName string `help:"Those of a domain."`
	PublicID   string `name:"public-id" help:"The one of an id as keystone shows it."`
	LocalID    string `name:"local-id" help:"Those of an id in the directory."`
	Type       string `enum:",user,group" default:"" help:"Those of users, or of groups: user or group."`
}

// Run deletes mappings. What is purged gets the same id again when keystone next meets it.
func (m mappingPurgeCommand) Run(ctx context.Context, c *commands) error {
	q := keystone.IDMappingQuery{PublicID: m.PublicID, LocalID: m.LocalID, EntityType: keystone.ActorKind(m.Type)}
	some := m.DomainName != "" || q != keystone.IDMappingQuery{}
	if m.All == some {
		return errors.New("say which: --all, or any of --domain-name, --public-id, --local-id and --type")
	}
	return withKeystone(ctx, c, func(_ *process, database *keystonedb.DB) error {
		if m.DomainName != "" {
			d, err := database.DomainByName(ctx, m.DomainName)
			if err != nil {
				return inWords(err)
			}
			q.DomainID = d.ID
		}
		return database.Tx(ctx, func(tx *keystonedb.Tx) error {
			purged, err := tx.PurgeIDMappings(ctx, q)
			if err == nil {
				fmt.Printf("%d mappings are forgotten.\n", purged)
			}
			return err
		})
	})
}

type credentialRotateCommand struct{}

// Run rotates the keys; a keystone that runs sees it at the next credential.
func (credentialRotateCommand) Run(ctx context.Context, c *commands) error {
	return withCredentials(ctx, c, func(m *credential.Manager) error {
		err := m.Rotate(ctx)
		if errors.Is(err, credential.ErrUnmigrated) {
			return fmt.Errorf("%w, with `cumulet keystone credential-migrate`", err)
		}
		return err
	})
}

type credentialMigrateCommand struct{}

// Run seals credentials anew; it may be cut off and run again.
func (credentialMigrateCommand) Run(ctx context.Context, c *commands) error {
	return withCredentials(ctx, c, func(m *credential.Manager) error {
		migrated, err := m.Migrate(ctx)
		fmt.Printf("%d credentials are sealed with the newest key now.\n", migrated)
		return err
	})
}

// withCredentials opens keystone's database and the keys of credentials.
func withCredentials(ctx context.Context, c *commands, do func(*credential.Manager) error) error {
	return withKeystone(ctx, c, func(p *process, database *keystonedb.DB) error {
		_, credentials, _, err := keys(c)
		if err != nil {
			return err
		}
		return do(&credential.Manager{DB: database, Keys: credentials, Config: p.config.Keystone, Now: time.Now})
	})
}

type trustFlushCommand struct{}

// Run deletes what gives nobody a token any more.
func (trustFlushCommand) Run(ctx context.Context, c *commands) error {
	return withKeystone(ctx, c, func(_ *process, database *keystonedb.DB) error {
		ended, err := (&trust.Manager{DB: database, Now: time.Now}).Flush(ctx)
		fmt.Printf("%d trusts had ended.\n", ended)
		return err
	})
}

// withKeystone opens the database of a keystone that has one.
func withKeystone(ctx context.Context, c *commands, do func(*process, *keystonedb.DB) error) (err error) {
	p, address, err := rowsOf("keystone", c)
	if err != nil {
		return err
	}
	database, err := keystonedb.Open(ctx, address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.Close()) }()
	return do(p, database)
}
