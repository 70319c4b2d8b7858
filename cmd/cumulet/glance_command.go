package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"cumulet/glance"
	glancedb "cumulet/glance/db"
	"cumulet/glance/definition"
	"cumulet/glance/registry"
)

// glanceCommand holds what operators know from glance-manage.
type glanceCommand struct {
	Metadefs metadefsCommand `cmd:"" help:"The catalog of metadata definitions."`
}

type metadefsCommand struct {
	Load   loadMetadefsCommand   `cmd:"" help:"Put namespaces into the catalog: the standard ones, or those of a folder's files."`
	Unload unloadMetadefsCommand `cmd:"" help:"Empty the catalog, protected namespaces too."`
	Export exportMetadefsCommand `cmd:"" help:"Write the catalog into files, one a namespace, which load takes again."`
}

type loadMetadefsCommand struct {
	Path      string `type:"existingdir" placeholder:"DIR" help:"A folder with files of namespaces (.json); the standard ones when left out."`
	Merge     bool   `help:"Give namespaces that are there already what they lack. Without it they stay as they are."`
	PreferNew bool   `aliases:"prefer_new" help:"With --merge: have them say what is loaded."`
	Overwrite bool   `help:"With --merge: delete them first, with all that they hold."`
}

// Run loads all, or nothing where a file is not right. A glance that runs shows it at once.
func (l loadMetadefsCommand) Run(ctx context.Context, c *commands) error {
	merge := registry.Keep
	switch {
	case (l.PreferNew || l.Overwrite) && !l.Merge || l.PreferNew && l.Overwrite: // as glance/db/sqlalchemy/metadata.py, db_load_metadefs
		return errors.New("--prefer-new and --overwrite go with --merge, one of them at most")
	case l.PreferNew:
		merge = registry.PreferNew
	case l.Overwrite:
		merge = registry.Overwrite
	case l.Merge:
		merge = registry.Complete
	}
	read := definition.Standard
	if l.Path != "" {
		read = func() ([]glance.Namespace, error) { return definition.Read(os.DirFS(l.Path)) }
	}
	namespaces, err := read()
	if err != nil {
		return err
	}
	return withGlance(ctx, c, func(r *registry.Registry) error {
		loaded, err := r.LoadDefinitions(ctx, namespaces, merge)
		if err != nil {
			return err
		}
		for _, name := range loaded {
			fmt.Println(name)
		}
		fmt.Printf("%d of %d namespaces are loaded.\n", len(loaded), len(namespaces))
		return nil
	})
}

type unloadMetadefsCommand struct{}

// Run deletes all definitions. The next start does not bring the standard ones again; load does.
func (unloadMetadefsCommand) Run(ctx context.Context, c *commands) error {
	return withGlance(ctx, c, func(r *registry.Registry) error {
		unloaded, err := r.UnloadDefinitions(ctx)
		if err == nil {
			fmt.Printf("%d namespaces are gone.\n", unloaded)
		}
		return err
	})
}

type exportMetadefsCommand struct {
	Path string `type:"existingdir" default:"." placeholder:"DIR" help:"The folder to write to; this one when left out."`
}

// Run writes a file a namespace, in the place of one that is there.
func (e exportMetadefsCommand) Run(ctx context.Context, c *commands) error {
	return withGlance(ctx, c, func(r *registry.Registry) error {
		all, err := r.Catalog(ctx)
		if err == nil {
			err = definition.Write(e.Path, all)
		}
		if err == nil {
			fmt.Printf("%d namespaces are written to %s.\n", len(all), e.Path)
		}
		return err
	})
}

// withGlance opens the database of a glance that has one.
func withGlance(ctx context.Context, c *commands, do func(*registry.Registry) error) (err error) {
	_, address, err := rowsOf("glance", c)
	if err != nil {
		return err
	}
	database, err := glancedb.Open(ctx, address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.Close()) }()
	return do(&registry.Registry{DB: database, Now: time.Now, NewID: newID})
}
