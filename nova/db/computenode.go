package db

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"cumulet/nova"
)

type nodeRow struct {
	bun.BaseModel `bun:"table:compute_nodes,alias:n"`
	ID            string `bun:",pk"`
	Number        int64
	Host          string
	Name          string
	Type          string
	Version       int
	HostIP        string       `bun:"host_ip"`
	CPUInfo       nova.CPUInfo `bun:"cpu_info,type:text"`
	VCPUs         int          `bun:"vcpus"`
	MemoryMiB     int          `bun:"memory_mib"`
	DiskGiB       int          `bun:"disk_gib"`
	DiskFreeGiB   int          `bun:"disk_free_gib"`
	CPURatio      float64      `bun:"cpu_ratio"`
	RAMRatio      float64      `bun:"ram_ratio"`
	DiskRatio     float64
	Uptime        string
	Machines      []nova.Machine `bun:",type:text"`
	Traits        []string       `bun:",type:text"`
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

func (r nodeRow) node() nova.ComputeNode {
	return nova.ComputeNode{
		ID: r.ID, Number: r.Number, Host: r.Host, Name: r.Name, Type: r.Type, Version: r.Version, HostIP: r.HostIP,
		CPUInfo: r.CPUInfo, VCPUs: r.VCPUs, MemoryMiB: r.MemoryMiB, DiskGiB: r.DiskGiB, DiskFreeGiB: r.DiskFreeGiB,
		CPURatio: r.CPURatio, RAMRatio: r.RAMRatio, DiskRatio: r.DiskRatio, Uptime: r.Uptime,
		Machines: r.Machines, Traits: r.Traits, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

func toNodeRow(n nova.ComputeNode) nodeRow {
	return nodeRow{
		ID: n.ID, Number: n.Number, Host: n.Host, Name: n.Name, Type: n.Type, Version: n.Version, HostIP: n.HostIP,
		CPUInfo: n.CPUInfo, VCPUs: n.VCPUs, MemoryMiB: n.MemoryMiB, DiskGiB: n.DiskGiB, DiskFreeGiB: n.DiskFreeGiB,
		CPURatio: n.CPURatio, RAMRatio: n.RAMRatio, DiskRatio: n.DiskRatio, Uptime: n.Uptime,
		Machines: listed(n.Machines), Traits: listed(n.Traits), CreatedAt: n.CreatedAt, UpdatedAt: n.UpdatedAt,
	}
}

// ComputeNodes lists the compute nodes in the order of their coming, of one host unless it is "". What is used on them is
// the sum of the servers recorded there.
func (r rows) ComputeNodes(ctx context.Context, host string) ([]nova.ComputeNode, error) {
	var list []nodeRow
	q := r.NewSelect().Model(&list).Order("number")
	if host != "" {
		q = q.Where("n.host = ?", host)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("list compute nodes: %w", err)
	}
	loads, err := r.Loads(ctx, host)
	if err != nil {
		return nil, err
	}
	nodes := make([]nova.ComputeNode, len(list))
	for i, row := range list {
		n := row.node()
		load := loads[n.Host]
		n.VCPUsUsed, n.MemoryMiBUsed, n.DiskGiBUsed, n.Running = load.VCPUs, load.RAMMiB, load.DiskGiB, load.Servers
		nodes[i] = n
	}
	return nodes, nil
}

// Load is what the servers of a host take there.
type Load struct {
	Host                   string
	Servers, VCPUs, RAMMiB int
	DiskGiB, Busy          int
}

// Loads sums the servers up by host, of one host unless it is "".
func (r rows) Loads(ctx context.Context, host string) (map[string]Load, error) {
	var list []struct {
		Host                            string
		Servers, Vcpus, Ram, Disk, Busy int
	}
	q := r.NewSelect().Model((*serverRow)(nil)).
		ColumnExpr("host, COUNT(*) AS servers, SUM(vcpus) AS vcpus, SUM(ram_mib) AS ram, SUM(disk_gib) AS disk").
		ColumnExpr("SUM(CASE WHEN task_state IN (?) THEN 1 ELSE 0 END) AS busy",
			bun.In([]nova.TaskState{nova.Networking, nova.BlockDeviceMapping, nova.Spawning})).
		Where("deleted = ? AND host <> ''", false).Group("host")
	if host != "" {
		q = q.Where("host = ?", host)
	}
	if err := q.Scan(ctx, &list); err != nil {
		return nil, fmt.Errorf("sum loads up: %w", err)
	}
	loads := make(map[string]Load, len(list))
	for _, l := range list {
		loads[l.Host] = Load{Host: l.Host, Servers: l.Servers, VCPUs: l.Vcpus, RAMMiB: l.Ram, DiskGiB: l.Disk, Busy: l.Busy}
	}
	return loads, nil
}

// InsertComputeNode writes a new node and numbers it.
func (t *Tx) InsertComputeNode(ctx context.Context, n *nova.ComputeNode) error {
	number, err := t.Next(ctx, "compute_nodes", 1)
	if err != nil {
		return err
	}
	n.Number = number
	row := toNodeRow(*n)
	if _, err := t.rows.NewInsert().Model(&row).Exec(ctx); err != nil {
		return fmt.Errorf("write compute node %s: %w", n.Name, err)
	}
	return nil
}

// UpdateComputeNode writes a node that was read in this same transaction.
func (t *Tx) UpdateComputeNode(ctx context.Context, n nova.ComputeNode) error {
	row := toNodeRow(n)
	_, err := t.rows.NewUpdate().Model(&row).ExcludeColumn("id", "number", "created_at").WherePK().Exec(ctx)
	if err != nil {
		return fmt.Errorf("write compute node %s: %w", n.Name, err)
	}
	return nil
}

// DeleteComputeNodes forgets a host's nodes.
func (t *Tx) DeleteComputeNodes(ctx context.Context, host string) error {
	_, err := t.rows.NewDelete().Model((*nodeRow)(nil)).Where("host = ?", host).Exec(ctx)
	if err != nil {
		return fmt.Errorf("delete compute nodes of %s: %w", host, err)
	}
	return nil
}
