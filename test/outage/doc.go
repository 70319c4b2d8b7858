// Package outage takes away what a cloud stands on while clients work: its database, its message bus, one of two processes of each
// role. Whatever is answered must be true, and afterwards everything must succeed. The drivers are fake; kills at chosen moments
// are test/chaos'.
package outage
