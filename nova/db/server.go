package db

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"cumulet/nova"
)

// serverRow is a server as kept.
type serverRow struct {
	bun.BaseModel `bun:"table:servers,alias:s"`

	ID               string `bun:",pk"`
	Number           int64
	ProjectID        string
	UserID           string
	Name             string
	Description      *string
	Hostname         string
	VMState          nova.VMState   `bun:"vm_state"`
	TaskState        nova.TaskState `bun:"task_state"`
	PowerState       nova.PowerState
	Progress         int
	Fault            document
	Host             string
	Node             string
	LaunchedOn       string
	AvailabilityZone string
	ImageID          string
	KernelID         string
	RamdiskID        string
	Image            document
	FlavorID         string
	Flavor           document
	VCPUs            int `bun:"vcpus"`
	RAMMiB           int `bun:"ram_mib"`
	DiskGiB          int `bun:"disk_gib"`
	KeyName          string
	PublicKey        string
	UserData         string
	ConfigDrive      bool
	DiskConfig       string
	AccessIPv4       string `bun:"access_ipv4"`
	AccessIPv6       string `bun:"access_ipv6"`
	RootDevice       string
	ServerGroup      string
	SecurityGroups   document
	Metadata         document
	SystemMetadata   document
	Tags             document
	Network          document
	Locked           bool
	LockedBy         string
	LockedReason     *string
	ReservationID    string
	LaunchIndex      int
	CreatedAt        time.Time
	UpdatedAt        time.Time
	LaunchedAt       *time.Time
	TerminatedAt     *time.Time
	DeletedAt        *time.Time
	Deleted          bool
	Revision         int64
}

// toServerRow gives the row to write, of another revision than any before.
func toServerRow(s nova.Server) (serverRow, error) {
	e := &encoder{}
	r := serverRow{
		ID: s.ID, Number: s.Number, ProjectID: s.ProjectID, UserID: s.UserID, Name: s.Name, Description: s.Description,
		Hostname: s.Hostname, VMState: s.VMState, TaskState: s.TaskState, PowerState: s.PowerState, Progress: s.Progress,
		Fault: e.document(s.Fault), Host: s.Host, Node: s.Node, LaunchedOn: s.LaunchedOn, AvailabilityZone: s.AvailabilityZone,
		ImageID: s.ImageID, KernelID: s.KernelID, RamdiskID: s.RamdiskID, Image: e.document(filled(s.Image)),
		FlavorID: s.Flavor.ID, Flavor: e.document(s.Flavor), VCPUs: s.Flavor.VCPUs, RAMMiB: s.Flavor.RAMMiB,
		DiskGiB: s.Flavor.DiskGiB + s.Flavor.EphemeralGiB + (s.Flavor.SwapMiB+1023)/1024,
		KeyName: s.KeyName, PublicKey: s.PublicKey, UserData: s.UserData, ConfigDrive: s.ConfigDrive,
		DiskConfig: s.DiskConfig, AccessIPv4: s.AccessIPv4, AccessIPv6: s.AccessIPv6, RootDevice: s.RootDevice,
		ServerGroup: s.ServerGroup, SecurityGroups: e.document(listed(s.SecurityGroups)), Metadata: e.document(filled(s.Metadata)),
		SystemMetadata: e.document(filled(s.SystemMetadata)), Tags: e.document(listed(s.Tags)), Network: e.document(append(nova.NetworkInfo{}, s.Network...)),
		Locked: s.Locked, LockedBy: s.LockedBy, LockedReason: s.LockedReason, ReservationID: s.ReservationID,
		LaunchIndex: s.LaunchIndex, CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt, LaunchedAt: s.LaunchedAt,
		TerminatedAt: s.TerminatedAt, DeletedAt: s.DeletedAt, Deleted: s.Deleted,
		Revision: rand.Int64(),
	}
	return r, e.err
}

// server reads a row; d has read the rows before it in the same list.
func (r serverRow) server(d *decoder) (nova.Server, error) {
	s := nova.Server{
		ID: r.ID, Number: r.Number, ProjectID: r.ProjectID, UserID: r.UserID, Name: r.Name, Description: r.Description,
		Hostname: r.Hostname, VMState: r.VMState, TaskState: r.TaskState, PowerState: r.PowerState, Progress: r.Progress,
		Host: r.Host, Node: r.Node, LaunchedOn: r.LaunchedOn, AvailabilityZone: r.AvailabilityZone,
		ImageID: r.ImageID, KernelID: r.KernelID, RamdiskID: r.RamdiskID,
		KeyName: r.KeyName, PublicKey: r.PublicKey, UserData: r.UserData, ConfigDrive: r.ConfigDrive,
		DiskConfig: r.DiskConfig, AccessIPv4: r.AccessIPv4, AccessIPv6: r.AccessIPv6, RootDevice: r.RootDevice,
		ServerGroup: r.ServerGroup,
		Locked:      r.Locked, LockedBy: r.LockedBy, LockedReason: r.LockedReason, ReservationID: r.ReservationID,
		LaunchIndex: r.LaunchIndex, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, LaunchedAt: r.LaunchedAt,
		TerminatedAt: r.TerminatedAt, DeletedAt: r.DeletedAt, Deleted: r.Deleted, Revision: r.Revision,
	}
	s.Flavor = d.flavor(r.Flavor)
	s.Image, s.Metadata, s.SystemMetadata = d.texts(r.Image), d.texts(r.Metadata), d.texts(r.SystemMetadata)
	s.SecurityGroups, s.Tags = d.names(r.SecurityGroups), d.names(r.Tags)
	if r.Fault != "" {
		d.read(r.Fault, &s.Fault)
	}
	d.read(r.Network, &s.Network)
	if d.err != nil {
		return s, fmt.Errorf("read server %q: %w", r.ID, d.err)
	}
	return s, nil
}

// filled and listed keep NULL out of JSON columns.
func filled(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

func listed[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

// Server gives one server, deleted or not; sql.ErrNoRows when there is none.
func (r rows) Server(ctx context.Context, id string) (nova.Server, error) {
	var row serverRow
	if err := r.NewSelect().Model(&row).Where("s.id = ?", id).Scan(ctx); err != nil {
		return nova.Server{}, fmt.Errorf("read server %q: %w", id, err)
	}
	return row.server(&decoder{})
}

// InsertServers writes new servers and numbers them.
func (t *Tx) InsertServers(ctx context.Context, servers []nova.Server) error {
	first, err := t.Next(ctx, "servers", int64(len(servers)))
	if err != nil {
		return err
	}
	all := make([]serverRow, len(servers))
	for i := range servers {
		servers[i].Number = first + int64(i)
		if all[i], err = toServerRow(servers[i]); err != nil {
			return err
		}
	}
	if _, err := t.rows.NewInsert().Model(&all).Exec(ctx); err != nil {
		return fmt.Errorf("write servers: %w", err)
	}
	for _, s := range servers {
		if err := t.indexServer(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// UpdateServer writes a server that was read in this same transaction.
func (t *Tx) UpdateServer(ctx context.Context, s nova.Server) error {
	row, err := toServerRow(s)
	if err != nil {
		return err
	}
	_, err = t.rows.NewUpdate().Model(&row).ExcludeColumn("id", "number", "created_at").WherePK().Exec(ctx)
	if err != nil {
		return fmt.Errorf("write server %q: %w", s.ID, err)
	}
	return nil
}

// tagRow and itemRow index what servers hold.
type tagRow struct {
	bun.BaseModel `bun:"table:server_tags"`
	ServerID      string
	Tag           string
}

type itemRow struct {
	bun.BaseModel `bun:"table:server_metadata"`
	ServerID      string
	Name          string
	Value         string
}

// IndexServer brings the index of a server's tags and metadata up to date, after UpdateServer changed them.
func (t *Tx) IndexServer(ctx context.Context, s nova.Server) error {
	for _, table := range []any{(*tagRow)(nil), (*itemRow)(nil)} {
		if _, err := t.rows.NewDelete().Model(table).Where("server_id = ?", s.ID).Exec(ctx); err != nil {
			return fmt.Errorf("index server %q: %w", s.ID, err)
		}
	}
	return t.indexServer(ctx, s)
}

func (t *Tx) indexServer(ctx context.Context, s nova.Server) error {
	var tags []tagRow
	for _, tag := range s.Tags {
		tags = append(tags, tagRow{ServerID: s.ID, Tag: tag})
	}
	var items []itemRow
	for _, name := range slices.Sorted(maps.Keys(s.Metadata)) {
		items = append(items, itemRow{ServerID: s.ID, Name: name, Value: s.Metadata[name]})
	}
	if len(tags) > 0 {
		if _, err := t.rows.NewInsert().Model(&tags).Exec(ctx); err != nil {
			return fmt.Errorf("index tags of server %q: %w", s.ID, err)
		}
	}
	if len(items) > 0 {
		if _, err := t.rows.NewInsert().Model(&items).Exec(ctx); err != nil {
			return fmt.Errorf("index metadata of server %q: %w", s.ID, err)
		}
	}
	return nil
}

// ServerUse is what a project's servers take of its limits.
type ServerUse struct{ Instances, Cores, RAMMiB int }

// CountServers sums the servers of a project up, of one user in it when userID is not "".
func (r rows) CountServers(ctx context.Context, projectID, userID string) (ServerUse, error) {
	var use struct{ Instances, Cores, Ram int }
	q := r.NewSelect().Model((*serverRow)(nil)).
		ColumnExpr("COUNT(*) AS instances, COALESCE(SUM(vcpus), 0) AS cores, COALESCE(SUM(ram_mib), 0) AS ram").
		Where("project_id = ? AND deleted = ?", projectID, false)
	if userID != "" {
		q = q.Where("user_id = ?", userID)
	}
	if err := q.Scan(ctx, &use); err != nil {
		return ServerUse{}, fmt.Errorf("count servers of %q: %w", projectID, err)
	}
	return ServerUse{use.Instances, use.Cores, use.Ram}, nil
}

type reportRow struct {
	bun.BaseModel `bun:"table:scheduler_reports"`
	ServerID      string               `bun:",pk"`
	Report        nova.SchedulerReport `bun:",type:text"`
}

// SchedulerReport gives the last report kept for a server, or nil.
func (r rows) SchedulerReport(ctx context.Context, serverID string) (*nova.SchedulerReport, error) {
	var list []reportRow
	if err := r.NewSelect().Model(&list).Where("server_id = ?", serverID).Scan(ctx); err != nil {
		return nil, fmt.Errorf("read scheduler report of %q: %w", serverID, err)
	}
	if len(list) == 0 {
		return nil, nil
	}
	return &list[0].Report, nil
}

// SetSchedulerReport keeps a server's report in place of an earlier one.
func (t *Tx) SetSchedulerReport(ctx context.Context, serverID string, report nova.SchedulerReport) error {
	row := reportRow{ServerID: serverID, Report: report}
	if _, err := t.rows.NewDelete().Model(&row).WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("replace scheduler report of %q: %w", serverID, err)
	}
	if _, err := t.rows.NewInsert().Model(&row).Exec(ctx); err != nil {
		return fmt.Errorf("write scheduler report of %q: %w", serverID, err)
	}
	return nil
}
