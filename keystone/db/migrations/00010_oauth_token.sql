-- +goose Up
-- Secrets stand as they are: signatures are made with them.
CREATE TABLE request_token (
    id          VARCHAR(64) NOT NULL PRIMARY KEY,
    consumer_id VARCHAR(64) NOT NULL REFERENCES consumer (id),
    project_id  VARCHAR(64) NOT NULL,
    expires_at  TIMESTAMP,
    user_id     VARCHAR(64) NOT NULL,
    roles       TEXT,
    verifier    VARCHAR(64) NOT NULL,
    secret      VARCHAR(64) NOT NULL
);
CREATE INDEX request_token_consumer ON request_token (consumer_id);
CREATE INDEX request_token_expires ON request_token (expires_at);

CREATE TABLE access_token (
    id          VARCHAR(64) NOT NULL PRIMARY KEY,
    consumer_id VARCHAR(64) NOT NULL REFERENCES consumer (id),
    user_id     VARCHAR(64) NOT NULL,
    project_id  VARCHAR(64) NOT NULL,
    roles       TEXT,
    expires_at  TIMESTAMP,
    secret      VARCHAR(64) NOT NULL
);
CREATE INDEX access_token_consumer ON access_token (consumer_id);
CREATE INDEX access_token_user ON access_token (user_id);
CREATE INDEX access_token_project ON access_token (project_id);

-- +goose Down
DROP TABLE access_token;
DROP TABLE request_token;
