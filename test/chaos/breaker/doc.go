// Package breaker kills a process at a boundary: the beginning or the end of one of its spans. A binary built with the tag
// chaos has a Breaker; the harness in test/chaos tells it, by a file in a folder that all processes of a cloud share, of
// which request to list the boundaries, or at which of them to die. The production binary holds none of this.
//
// A boundary is told apart by its process, its span's name and attributes without ids, and whether it belongs to the trace of
// the request or was met beside it (an agent's turn that the request occasioned).
package breaker
