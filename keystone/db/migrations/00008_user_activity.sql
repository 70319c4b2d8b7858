-- +goose Up
-- The day of a user's last sign-in, kept where accounts are disabled by being left alone.
ALTER TABLE "user" ADD COLUMN active_at TIMESTAMP;

-- +goose Down
ALTER TABLE "user" DROP COLUMN active_at;
