-- The table of oslo/flow, made here so that every database has it. step is the one being done (or, while
-- undoing, undone); fence grows with each taking of the lease; error is JSON.
-- +goose Up
CREATE TABLE operations (
    id          VARCHAR(36) NOT NULL PRIMARY KEY,
    sequence    BIGINT NOT NULL UNIQUE,
    flow        VARCHAR(255) NOT NULL,
    resource    VARCHAR(255) NOT NULL,
    request_id  VARCHAR(64) NOT NULL,
    trace       VARCHAR(64) NOT NULL,
    status      VARCHAR(16) NOT NULL,
    step        VARCHAR(255) NOT NULL,
    tries       INTEGER NOT NULL,
    state       TEXT NOT NULL,
    error       TEXT NOT NULL,
    cancelled   BOOLEAN NOT NULL,
    owner       VARCHAR(255) NOT NULL,
    fence       BIGINT NOT NULL,
    lease_until TIMESTAMP NULL,
    due_at      TIMESTAMP NOT NULL,
    created_at  TIMESTAMP NOT NULL,
    updated_at  TIMESTAMP NOT NULL,
    ended_at    TIMESTAMP NULL
);
CREATE INDEX operations_status ON operations (status, sequence);
CREATE INDEX operations_resource ON operations (resource, status, sequence);

-- +goose Down
DROP TABLE operations;
