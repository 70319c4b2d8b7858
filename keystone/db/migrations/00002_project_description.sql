-- A project's description may be null. SQLite cannot loosen a column, so another takes its place.
-- +goose Up
ALTER TABLE project ADD COLUMN description_or_null TEXT;
UPDATE project SET description_or_null = description;
ALTER TABLE project DROP COLUMN description;
ALTER TABLE project RENAME COLUMN description_or_null TO description;
