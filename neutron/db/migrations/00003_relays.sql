-- How far nova has been told stands in oslo/outbox's table from now on.
-- +goose Up
INSERT INTO relays (name, seq, owner, fence, beat, updated_at) SELECT name, seq, '', 0, 0, CURRENT_TIMESTAMP FROM cursors;
DROP TABLE cursors;

-- +goose Down
CREATE TABLE cursors (
    name VARCHAR(64) NOT NULL PRIMARY KEY,
    seq  BIGINT NOT NULL
);
INSERT INTO cursors (name, seq) SELECT name, seq FROM relays WHERE name = 'nova';
DELETE FROM relays WHERE name = 'nova';
