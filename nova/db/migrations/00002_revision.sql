-- +goose Up
-- Every write of a server's row draws another number for it, at random: a row with the same number is the same row.
ALTER TABLE servers ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE servers DROP COLUMN revision;
