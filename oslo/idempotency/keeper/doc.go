// Package keeper keeps requests with an Idempotency-Key, and their answers, in a service's database.
//
//	        Begin                    a transaction of the handler's      End(answer)
//	(none) ───────▶ begun ─────────▶ begun, commits > 0 ──────────────▶ answered ── 24 h ──▶ (none)
//	   ▲              │ ▲                 │
//	   │ End(nil)     │ │ Begin, once     └ once the lease has run out: the outcome is lost, and Begin says so
//	   └──────────────┘ └ the lease has run out: the fence grows, and who held it can commit nothing more
package keeper
