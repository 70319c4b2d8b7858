-- Programs that may ask users to act for them, by OAuth 1.0. The secret signs requests, so that it is kept as it is.
-- +goose Up
CREATE TABLE consumer (
    id          VARCHAR(64) NOT NULL PRIMARY KEY,
    description VARCHAR(64),
    secret      VARCHAR(64) NOT NULL,
    extra       TEXT
);

-- +goose Down
DROP TABLE consumer;
