// Package scheduler is the role nova-scheduler: it picks a host for a server. Placement names the hosts with room, filters
// refuse those that do not suit and say why, weighers order the rest, and the first whose room can still be claimed is
// the answer. It keeps all hosts in memory, told of each change by the conductor and reading all anew now and then; it
// builds nothing and has no database.
package scheduler
