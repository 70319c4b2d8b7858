// Package chaos kills the cloud's processes at every boundary of the operations that matter and looks at what is left.
//
// A boundary is the beginning or the end of a span: an HTTP request, a message called, cast or taken, a flow's step, a
// transaction. They are found by enumeration: each operation is played once undisturbed by a binary with the tag chaos, whose
// breaker (test/chaos/breaker) lists what it meets; then it is played again for each of them, the process dies there by
// SIGKILL, a supervisor starts it again as systemd would, and once the world is at rest every resource must be in a final
// state that the operation allows, with nothing left over: `cumulet doctor` finds nothing, and quotas are used as before.
//
// The clouds that are played with: one process with fake drivers, in which all roles die together; one process per role with fake
// drivers, on NATS and PostgreSQL and on RabbitMQ and MariaDB; and, where CHAOS_GUEST names a guest image, both kinds with libvirt
// and Linux bridges. `make test` plays a sample, `make chaos` all of it:
//
//	CHAOS=all        every boundary, else a few: one in the middle of each operation, and one by lot
//	CHAOS_SEED=n     the lot; printed by each run
//	CHAOS_TIME=30m   how long it may take on each cloud; `make chaos` goes on next time where it ended
//	CHAOS_ONLY=text  only boundaries that hold the text
package chaos
