-- +goose Up
CREATE TABLE metadef_namespaces (
    id           VARCHAR(36) NOT NULL PRIMARY KEY,
    name         VARCHAR(80) NOT NULL UNIQUE,
    display_name VARCHAR(80) NULL,
    description  TEXT NULL,
    visibility   VARCHAR(16) NOT NULL,
    protected    BOOLEAN NOT NULL,
    owner        VARCHAR(255) NOT NULL,
    created_at   TIMESTAMP NOT NULL,
    updated_at   TIMESTAMP NOT NULL
);

CREATE TABLE metadef_definitions (
    namespace_id VARCHAR(36) NOT NULL REFERENCES metadef_namespaces (id),
    kind         VARCHAR(16) NOT NULL,
    name         VARCHAR(80) NOT NULL,
    folded       VARCHAR(80) NOT NULL,
    body         TEXT NOT NULL,
    created_at   TIMESTAMP NOT NULL,
    updated_at   TIMESTAMP NOT NULL,
    PRIMARY KEY (namespace_id, kind, folded)
);

CREATE TABLE metadef_resource_types (
    name       VARCHAR(80) NOT NULL PRIMARY KEY,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

INSERT INTO metadef_resource_types (name, created_at, updated_at) VALUES
    ('OS::Cinder::Snapshot', '2026-12-01 00:00:00', '2026-12-01 00:00:00'),
    ('OS::Cinder::Volume', '2026-12-01 00:00:00', '2026-12-01 00:00:00'),
    ('OS::Glance::Image', '2026-12-01 00:00:00', '2026-12-01 00:00:00'),
    ('OS::Nova::Aggregate', '2026-12-01 00:00:00', '2026-12-01 00:00:00'),
    ('OS::Nova::Flavor', '2026-12-01 00:00:00', '2026-12-01 00:00:00'),
    ('OS::Nova::Server', '2026-12-01 00:00:00', '2026-12-01 00:00:00');

CREATE TABLE metadef_associations (
    namespace_id      VARCHAR(36) NOT NULL REFERENCES metadef_namespaces (id),
    name              VARCHAR(80) NOT NULL REFERENCES metadef_resource_types (name),
    prefix            VARCHAR(80) NULL,
    properties_target VARCHAR(80) NULL,
    created_at        TIMESTAMP NOT NULL,
    updated_at        TIMESTAMP NOT NULL,
    PRIMARY KEY (namespace_id, name)
);

-- +goose Down
DROP TABLE metadef_associations;
DROP TABLE metadef_resource_types;
DROP TABLE metadef_definitions;
DROP TABLE metadef_namespaces;
