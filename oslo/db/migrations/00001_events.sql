-- +goose Up
CREATE TABLE counters (
    name  VARCHAR(64) NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);

-- On a server, whose turn it is to write: its lock is that of the row named '', each process has one of its own.
CREATE TABLE writers (
    name VARCHAR(64) NOT NULL PRIMARY KEY,
    turn BIGINT NOT NULL
);

CREATE TABLE events (
    seq        BIGINT NOT NULL PRIMARY KEY,
    at         TIMESTAMP NOT NULL,
    name       VARCHAR(255) NOT NULL,
    project_id VARCHAR(255) NOT NULL,
    resource   VARCHAR(255) NOT NULL,
    request_id VARCHAR(64) NOT NULL,
    payload    TEXT NOT NULL
);

-- +goose Down
DROP TABLE events;
DROP TABLE writers;
DROP TABLE counters;
