-- The table of oslo/outbox: how far each reader of the event log has come, and who reads for it now (nobody: ''). fence grows
-- whenever another takes it, beat with each sign of life. An event's actor is JSON: who asked for it, and from where.
-- +goose Up
CREATE TABLE relays (
    name       VARCHAR(64) NOT NULL PRIMARY KEY,
    seq        BIGINT NOT NULL,
    owner      VARCHAR(255) NOT NULL,
    fence      BIGINT NOT NULL,
    beat       BIGINT NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
ALTER TABLE events ADD COLUMN actor TEXT;

-- +goose Down
ALTER TABLE events DROP COLUMN actor;
DROP TABLE relays;
