-- +goose Up
CREATE TABLE id_mapping (
    public_id   VARCHAR(64) NOT NULL PRIMARY KEY,
    domain_id   VARCHAR(64) NOT NULL,
    local_id    VARCHAR(255) NOT NULL,
    entity_type VARCHAR(16) NOT NULL
);
CREATE INDEX id_mapping_domain ON id_mapping (domain_id, entity_type, local_id);

-- +goose Down
DROP TABLE id_mapping;
