//go:build !chaos

package main

import "cumulet/oslo/telemetry"

// observer is nobody: only a binary built with the tag chaos, for the kill test, has one.
func observer() *telemetry.Observer { return nil }
