-- +goose Up

-- Bits in the staging area of a host, of images in the state "uploading" or "importing".
CREATE TABLE image_staged (
    image_id VARCHAR(36) NOT NULL PRIMARY KEY REFERENCES images (id),
    host     VARCHAR(255) NOT NULL,
    path     VARCHAR(255) NOT NULL,
    size     BIGINT NOT NULL
);
CREATE INDEX image_staged_path ON image_staged (path);

CREATE TABLE tasks (
    id         VARCHAR(36) NOT NULL PRIMARY KEY,
    type       VARCHAR(30) NOT NULL,
    status     VARCHAR(30) NOT NULL,
    owner      VARCHAR(255) NOT NULL,
    image_id   VARCHAR(36) NOT NULL,
    user_id    VARCHAR(64) NOT NULL,
    request_id VARCHAR(64) NOT NULL,
    input      TEXT NOT NULL,
    result     TEXT NOT NULL,
    message    TEXT NOT NULL,
    expires_at TIMESTAMP NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX tasks_owner ON tasks (owner, created_at, id);
CREATE INDEX tasks_image ON tasks (image_id, created_at, id);
CREATE INDEX tasks_expires ON tasks (expires_at);

-- +goose Down
DROP TABLE tasks;
DROP TABLE image_staged;
