// Package natstest starts Debian's nats-server for a test, with JetStream in a folder of its own.
package natstest
