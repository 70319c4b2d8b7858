package db

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"cumulet/glance"
	"cumulet/oslo/db"
)

type namespaceRow struct {
	bun.BaseModel `bun:"table:metadef_namespaces,alias:n"`
	ID            string `bun:",pk"`
	Name          string
	DisplayName   *string
	Description   *string
	Visibility    glance.Visibility
	Protected     bool
	Owner         string
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

func rowOfNamespace(n glance.Namespace) *namespaceRow {
	return &namespaceRow{
		ID: n.ID, Name: n.Name, DisplayName: n.DisplayName, Description: n.Description, Visibility: n.Visibility, Protected: n.Protected, Owner: n.Owner,
		CreatedAt: n.CreatedAt.UTC(), UpdatedAt: n.UpdatedAt.UTC(),
	}
}

func (r namespaceRow) noun() glance.Namespace {
	return glance.Namespace{
		ID: r.ID, Name: r.Name, DisplayName: r.DisplayName, Description: r.Description, Visibility: r.Visibility, Protected: r.Protected, Owner: r.Owner,
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

// definitionRow is a definition; folded is its name as it is unique: tags are whatever their case.
type definitionRow struct {
	bun.BaseModel `bun:"table:metadef_definitions,alias:d"`
	NamespaceID   string                `bun:",pk"`
	Kind          glance.DefinitionKind `bun:",pk"`
	Folded        string                `bun:",pk"`
	Name          string
	Body          string
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

func rowOfDefinition(namespaceID string, d glance.Definition) *definitionRow {
	return &definitionRow{
		NamespaceID: namespaceID, Kind: d.Kind, Folded: folded(d.Kind, d.Name), Name: d.Name, Body: string(d.Body),
		CreatedAt: d.CreatedAt.UTC(), UpdatedAt: d.UpdatedAt.UTC(),
	}
}

func folded(kind glance.DefinitionKind, name string) string {
	if kind == glance.DefinedTag {
		return strings.ToLower(name)
	}
	return name
}

type associationRow struct {
	bun.BaseModel    `bun:"table:metadef_associations,alias:a"`
	NamespaceID      string `bun:",pk"`
	Name             string `bun:",pk"`
	Prefix           *string
	PropertiesTarget *string
	CreatedAt        time.Time
	UpdatedAt        time.Time
}

func rowOfAssociation(namespaceID string, a glance.Association) *associationRow {
	return &associationRow{
		NamespaceID: namespaceID, Name: a.Name, Prefix: a.Prefix, PropertiesTarget: a.PropertiesTarget, CreatedAt: a.CreatedAt.UTC(), UpdatedAt: a.UpdatedAt.UTC(),
	}
}

type resourceTypeRow struct {
	bun.BaseModel `bun:"table:metadef_resource_types,alias:t"`
	Name          string `bun:",pk"`
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// rowOfResourceType is the type of an association, which is there from its first one on.
func rowOfResourceType(a glance.Association) *resourceTypeRow {
	return &resourceTypeRow{Name: a.Name, CreatedAt: a.CreatedAt.UTC(), UpdatedAt: a.UpdatedAt.UTC()}
}

// Namespace reads one namespace without what it holds.
func (r rows) Namespace(ctx context.Context, name string) (glance.Namespace, error) {
	var row namespaceRow
	err := r.NewSelect().Model(&row).Where("name = ?", name).Scan(ctx)
	if db.NoRows(err) {
		return glance.Namespace{}, glance.NamespaceNotFound(name)
	}
	if err != nil {
		return glance.Namespace{}, fmt.Errorf("read namespace %q: %w", name, err)
	}
	return row.noun(), nil
}

// Namespaces reads the namespaces that the caller sees, with their associations, newest first.
func (r rows) Namespaces(ctx context.Context, caller glance.Caller) ([]glance.Namespace, error) {
	var found []namespaceRow
	q := r.NewSelect().Model(&found).OrderExpr("created_at DESC, id DESC")
	if !caller.Admin {
		q = q.Where("visibility = ? OR owner = ? OR owner = ''", glance.Public, caller.ProjectID)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("read namespaces: %w", err)
	}
	all, at, ids := make([]glance.Namespace, len(found)), map[string]int{}, make([]string, len(found))
	for i, row := range found {
		all[i], at[row.ID], ids[i] = row.noun(), i, row.ID
	}
	if len(ids) == 0 {
		return all, nil
	}
	var associated []associationRow
	if err := r.NewSelect().Model(&associated).Where("namespace_id IN (?)", bun.In(ids)).Order("name").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read associations: %w", err)
	}
	for _, row := range associated {
		n := &all[at[row.NamespaceID]]
		n.Associations = append(n.Associations, row.noun())
	}
	return all, nil
}

func (r associationRow) noun() glance.Association {
	return glance.Association{Name: r.Name, Prefix: r.Prefix, PropertiesTarget: r.PropertiesTarget, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt}
}

// Associations reads those of a namespace, by name.
func (r rows) Associations(ctx context.Context, namespaceID string) ([]glance.Association, error) {
	var found []associationRow
	if err := r.NewSelect().Model(&found).Where("namespace_id = ?", namespaceID).Order("name").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read associations of namespace %q: %w", namespaceID, err)
	}
	all := make([]glance.Association, len(found))
	for i, row := range found {
		all[i] = row.noun()
	}
	return all, nil
}

// Definitions reads those of a namespace, of a kind or, where that is "", of all, newest first.
func (r rows) Definitions(ctx context.Context, namespaceID string, kind glance.DefinitionKind) ([]glance.Definition, error) {
	var found []definitionRow
	q := r.NewSelect().Model(&found).Where("namespace_id = ?", namespaceID).OrderExpr("created_at DESC, folded DESC")
	if kind != "" {
		q = q.Where("kind = ?", kind)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("read definitions of namespace %q: %w", namespaceID, err)
	}
	all := make([]glance.Definition, len(found))
	for i, row := range found {
		all[i] = row.noun()
	}
	return all, nil
}

func (r definitionRow) noun() glance.Definition {
	return glance.Definition{Kind: r.Kind, Name: r.Name, Body: json.RawMessage(r.Body), CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt}
}

// Definition reads one definition; found is false where the namespace has none of the name.
func (r rows) Definition(ctx context.Context, namespaceID string, kind glance.DefinitionKind, name string) (d glance.Definition, found bool, err error) {
	var row definitionRow
	err = r.NewSelect().Model(&row).Where("namespace_id = ? AND kind = ? AND folded = ?", namespaceID, kind, folded(kind, name)).Scan(ctx)
	if db.NoRows(err) {
		return d, false, nil
	}
	if err != nil {
		return d, false, fmt.Errorf("read %s %q of namespace %q: %w", kind, name, namespaceID, err)
	}
	return row.noun(), true, nil
}

// ResourceTypes reads all there are, by name.
func (r rows) ResourceTypes(ctx context.Context) ([]glance.ResourceType, error) {
	var found []resourceTypeRow
	if err := r.NewSelect().Model(&found).Order("name").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read resource types: %w", err)
	}
	all := make([]glance.ResourceType, len(found))
	for i, row := range found {
		all[i] = glance.ResourceType{Name: row.Name, CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt}
	}
	return all, nil
}

// InsertNamespace writes a new namespace without what it holds; duplicate is true when the name is taken.
func (t *Tx) InsertNamespace(ctx context.Context, n glance.Namespace) (duplicate bool, err error) {
	_, err = t.Tx.NewInsert().Model(rowOfNamespace(n)).Exec(ctx)
	return taken(err, "insert namespace", n.Name)
}

// atOnce is how many rows one statement inserts.
const atOnce = 50

// InsertNamespaces writes new namespaces with all that they hold, and the resource types that are not there yet. No name may be taken.
func (t *Tx) InsertNamespaces(ctx context.Context, all []glance.Namespace) error {
	var namespaces []*namespaceRow
	var definitions []*definitionRow
	var associations []*associationRow
	types := map[string]*resourceTypeRow{}
	for _, n := range all {
		namespaces = append(namespaces, rowOfNamespace(n))
		for _, d := range n.Definitions {
			definitions = append(definitions, rowOfDefinition(n.ID, d))
		}
		for _, a := range n.Associations {
			associations = append(associations, rowOfAssociation(n.ID, a))
			types[a.Name] = rowOfResourceType(a)
		}
	}
	if err := insertAll(ctx, t, namespaces, false); err != nil {
		return err
	}
	if err := insertAll(ctx, t, slices.Collect(maps.Values(types)), true); err != nil {
		return err
	}
	if err := insertAll(ctx, t, associations, false); err != nil {
		return err
	}
	return insertAll(ctx, t, definitions, false)
}

// insertAll writes rows, some at once; with keep, those that are there stay as they are.
func insertAll[T any](ctx context.Context, t *Tx, rows []*T, keep bool) error {
	for some := range slices.Chunk(rows, atOnce) {
		q := t.Tx.NewInsert().Model(&some)
		if keep {
			q = db.Keep(q, &some)
		}
		if _, err := q.Exec(ctx); err != nil {
			return fmt.Errorf("insert metadata definitions: %w", err)
		}
	}
	return nil
}

// DeleteCatalog deletes all metadata definitions there are, and the resource types.
func (t *Tx) DeleteCatalog(ctx context.Context) error {
	for _, of := range []any{(*definitionRow)(nil), (*associationRow)(nil), (*namespaceRow)(nil), (*resourceTypeRow)(nil)} {
		if _, err := t.Tx.NewDelete().Model(of).Where("1 = 1").Exec(ctx); err != nil {
			return fmt.Errorf("delete all metadata definitions: %w", err)
		}
	}
	return nil
}

// taken tells a row that is there already from other failures.
func taken(err error, doing, name string) (duplicate bool, _ error) {
	if db.Duplicate(err) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("%s %q: %w", doing, name, err)
	}
	return false, nil
}

// UpdateNamespace writes what a namespace says of itself; duplicate is true when its new name is taken.
func (t *Tx) UpdateNamespace(ctx context.Context, n glance.Namespace) (duplicate bool, err error) {
	_, err = t.Tx.NewUpdate().Model(rowOfNamespace(n)).WherePK().Exec(ctx)
	return taken(err, "update namespace", n.Name)
}

// DeleteNamespace deletes a namespace and all that it holds.
func (t *Tx) DeleteNamespace(ctx context.Context, id string) error {
	for _, of := range []any{(*definitionRow)(nil), (*associationRow)(nil)} {
		if _, err := t.Tx.NewDelete().Model(of).Where("namespace_id = ?", id).Exec(ctx); err != nil {
			return fmt.Errorf("delete what namespace %q holds: %w", id, err)
		}
	}
	if _, err := t.Tx.NewDelete().Model((*namespaceRow)(nil)).Where("id = ?", id).Exec(ctx); err != nil {
		return fmt.Errorf("delete namespace %q: %w", id, err)
	}
	return nil
}

// InsertDefinition writes a new definition; duplicate is true when the name is taken.
func (t *Tx) InsertDefinition(ctx context.Context, namespaceID string, d glance.Definition) (duplicate bool, err error) {
	_, err = t.Tx.NewInsert().Model(rowOfDefinition(namespaceID, d)).Exec(ctx)
	return taken(err, "insert definition", d.Name)
}

// UpdateDefinition writes a definition in the place of the one of a name; duplicate is true when its new name is taken.
func (t *Tx) UpdateDefinition(ctx context.Context, namespaceID, name string, d glance.Definition) (duplicate bool, err error) {
	_, err = t.Tx.NewUpdate().Model((*definitionRow)(nil)).Set("folded = ?", folded(d.Kind, d.Name)).Set("name = ?", d.Name).
		Set("body = ?", string(d.Body)).Set("updated_at = ?", d.UpdatedAt.UTC()).
		Where("namespace_id = ? AND kind = ? AND folded = ?", namespaceID, d.Kind, folded(d.Kind, name)).Exec(ctx)
	return taken(err, "update definition", d.Name)
}

// DeleteDefinitions deletes the definition of a name, or all of the kind where that is "".
func (t *Tx) DeleteDefinitions(ctx context.Context, namespaceID string, kind glance.DefinitionKind, name string) error {
	q := t.Tx.NewDelete().Model((*definitionRow)(nil)).Where("namespace_id = ? AND kind = ?", namespaceID, kind)
	if name != "" {
		q = q.Where("folded = ?", folded(kind, name))
	}
	if _, err := q.Exec(ctx); err != nil {
		return fmt.Errorf("delete definitions of namespace %q: %w", namespaceID, err)
	}
	return nil
}

// InsertAssociation writes an association, and the resource type where there is none yet; duplicate is true when it is there.
func (t *Tx) InsertAssociation(ctx context.Context, namespaceID string, a glance.Association) (duplicate bool, err error) {
	kind := rowOfResourceType(a)
	if _, err := db.Keep(t.Tx.NewInsert().Model(kind), kind).Exec(ctx); err != nil {
		return false, fmt.Errorf("insert resource type %q: %w", a.Name, err)
	}
	_, err = t.Tx.NewInsert().Model(rowOfAssociation(namespaceID, a)).Exec(ctx)
	return taken(err, "insert association", a.Name)
}

// DeleteAssociation deletes one.
func (t *Tx) DeleteAssociation(ctx context.Context, namespaceID, name string) error {
	_, err := t.Tx.NewDelete().Model((*associationRow)(nil)).Where("namespace_id = ? AND name = ?", namespaceID, name).Exec(ctx)
	if err != nil {
		return fmt.Errorf("delete association %q: %w", name, err)
	}
	return nil
}
