-- On whose behalf work goes on after the request: an event's trace (W3C traceparent), an operation's actor (JSON).
-- +goose Up
ALTER TABLE events ADD COLUMN trace VARCHAR(64) NOT NULL DEFAULT '';
ALTER TABLE operations ADD COLUMN actor TEXT;

-- +goose Down
ALTER TABLE operations DROP COLUMN actor;
ALTER TABLE events DROP COLUMN trace;
