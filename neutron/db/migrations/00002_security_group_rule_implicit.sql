-- +goose Up
ALTER TABLE security_group_rules ADD COLUMN implicit BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
ALTER TABLE security_group_rules DROP COLUMN implicit;
