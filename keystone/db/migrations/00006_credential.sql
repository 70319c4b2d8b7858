-- +goose Up
-- Secrets of users, sealed by a key of the credential repository; seal_key says by which, so that none is dropped too early.
CREATE TABLE credential (
    id         VARCHAR(64) NOT NULL PRIMARY KEY,
    user_id    VARCHAR(64) NOT NULL,
    project_id VARCHAR(64) NOT NULL,
    type       VARCHAR(255) NOT NULL,
    sealed     TEXT NOT NULL,
    seal_key   VARCHAR(64) NOT NULL,
    extra      TEXT
);
CREATE INDEX credential_user ON credential (user_id, type);
CREATE INDEX credential_project ON credential (project_id);

-- +goose Down
DROP TABLE credential;
