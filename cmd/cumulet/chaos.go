//go:build chaos

package main

import (
	"cmp"
	"os"

	"cumulet/oslo/telemetry"
	"cumulet/test/chaos/breaker"
)

// observer lets the kill test see this process's spans and end it at one of them.
func observer() *telemetry.Observer {
	folder := os.Getenv("CUMULET_CHAOS")
	if folder == "" {
		return nil
	}
	return (&breaker.Breaker{Folder: folder, Process: cmp.Or(os.Getenv("CUMULET_CHAOS_PROCESS"), "cumulet")}).Observer()
}
