package nats

import (
	"context"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"cumulet/oslo/messaging"
	"cumulet/oslo/messaging/broker"
)

// ensureStreams makes the streams, or brings them to this release's figures, once for each connection.
func (t *Transport) ensureStreams(ctx context.Context) error {
	t.mu.Lock()
	known, change := t.streams, t.changed
	t.mu.Unlock()
	if known {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	for _, config := range []jetstream.StreamConfig{t.casts(), t.notes()} {
		if _, err := t.js.CreateOrUpdateStream(ctx, config); err != nil {
			return fmt.Errorf("make stream %s: %w", config.Name, err)
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.streams = change == t.changed
	return nil
}

func (t *Transport) forgetStreams() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.streams = false
}

// casts is the stream of work: a full subject refuses what comes.
func (t *Transport) casts() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: t.limits.Prefix + "_casts", Subjects: []string{t.limits.Prefix + ".cast.>"}, Retention: jetstream.WorkQueuePolicy,
		Discard: jetstream.DiscardNew, DiscardNewPerSubject: true, MaxMsgsPerSubject: int64(t.limits.Queue),
		MaxBytes: t.store, MaxAge: broker.TopicAge, AllowMsgTTL: true,
		MaxMsgSize: broker.MessageSize, Storage: t.storage, Replicas: t.replicas,
	}
}

// notes is the stream of notifications: a full subject drops its oldest.
func (t *Transport) notes() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: t.limits.Prefix + "_notes", Subjects: []string{t.limits.Prefix + ".note.>"}, Retention: jetstream.WorkQueuePolicy,
		Discard: jetstream.DiscardOld, MaxMsgsPerSubject: int64(t.limits.Queue),
		MaxBytes: t.store / 4, MaxAge: broker.TopicAge,
		MaxMsgSize: broker.MessageSize, Storage: t.storage, Replicas: t.replicas,
	}
}

// consumer hands out the casts of a target to all its servers; that of a host goes when the host was away for long.
func (t *Transport) consumer(ctx context.Context, to messaging.Target) (jetstream.Consumer, error) {
	if err := t.ensureStreams(ctx); err != nil {
		return nil, err
	}
	stream, kind := t.casts().Name, "cast"
	if to.IsNotification() {
		stream, kind = t.notes().Name, "note"
	}
	subject := t.subject(kind, to)
	config := jetstream.ConsumerConfig{
		Durable:       strings.ReplaceAll(strings.TrimPrefix(subject, t.limits.Prefix+"."+kind+"."), ".", "~"),
		FilterSubject: subject, AckPolicy: jetstream.AckExplicitPolicy, AckWait: t.limits.Silence, MaxAckPending: 4096,
	}
	if to.Host != "" {
		config.InactiveThreshold = broker.HostAge
	}
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	c, err := t.js.CreateOrUpdateConsumer(ctx, stream, config)
	if err != nil {
		t.forgetStreams()
		return nil, fmt.Errorf("make consumer of %s: %w", to, err)
	}
	return c, nil
}
