-- +goose Up
CREATE TABLE resource_providers (
    id         VARCHAR(36)  NOT NULL PRIMARY KEY,
    name       VARCHAR(200) NOT NULL UNIQUE,
    generation INTEGER      NOT NULL,
    parent_id  VARCHAR(36)  REFERENCES resource_providers (id),
    root_id    VARCHAR(36)  NOT NULL,
    created_at TIMESTAMP    NOT NULL,
    updated_at TIMESTAMP    NOT NULL
);
CREATE INDEX resource_providers_by_root ON resource_providers (root_id);
CREATE INDEX resource_providers_by_parent ON resource_providers (parent_id);

CREATE TABLE inventories (
    provider_id      VARCHAR(36)      NOT NULL REFERENCES resource_providers (id) ON DELETE CASCADE,
    resource_class   VARCHAR(255)     NOT NULL,
    total            INTEGER          NOT NULL,
    reserved         INTEGER          NOT NULL,
    min_unit         INTEGER          NOT NULL,
    max_unit         INTEGER          NOT NULL,
    step_size        INTEGER          NOT NULL,
    allocation_ratio DOUBLE PRECISION NOT NULL,
    created_at       TIMESTAMP        NOT NULL,
    updated_at       TIMESTAMP        NOT NULL,
    PRIMARY KEY (provider_id, resource_class)
);
CREATE INDEX inventories_by_class ON inventories (resource_class, provider_id);

CREATE TABLE consumers (
    id         VARCHAR(36)  NOT NULL PRIMARY KEY,
    generation INTEGER      NOT NULL,
    project_id VARCHAR(255) NOT NULL,
    user_id    VARCHAR(255) NOT NULL,
    type       VARCHAR(255) NOT NULL,
    created_at TIMESTAMP    NOT NULL,
    updated_at TIMESTAMP    NOT NULL
);
CREATE INDEX consumers_by_project ON consumers (project_id, user_id);

CREATE TABLE allocations (
    consumer_id    VARCHAR(36)  NOT NULL REFERENCES consumers (id),
    provider_id    VARCHAR(36)  NOT NULL REFERENCES resource_providers (id),
    resource_class VARCHAR(255) NOT NULL,
    used           INTEGER      NOT NULL,
    created_at     TIMESTAMP    NOT NULL,
    PRIMARY KEY (consumer_id, provider_id, resource_class)
);
CREATE INDEX allocations_by_provider ON allocations (provider_id, resource_class, used);

-- Only what operators added; the standard names are in the program.
CREATE TABLE traits (
    name       VARCHAR(255) NOT NULL PRIMARY KEY,
    created_at TIMESTAMP    NOT NULL
);
CREATE TABLE resource_classes (
    name       VARCHAR(255) NOT NULL PRIMARY KEY,
    created_at TIMESTAMP    NOT NULL
);

CREATE TABLE provider_traits (
    provider_id VARCHAR(36)  NOT NULL REFERENCES resource_providers (id) ON DELETE CASCADE,
    trait       VARCHAR(255) NOT NULL,
    PRIMARY KEY (provider_id, trait)
);
CREATE INDEX provider_traits_by_trait ON provider_traits (trait, provider_id);

CREATE TABLE provider_aggregates (
    provider_id  VARCHAR(36) NOT NULL REFERENCES resource_providers (id) ON DELETE CASCADE,
    aggregate_id VARCHAR(36) NOT NULL,
    PRIMARY KEY (provider_id, aggregate_id)
);
CREATE INDEX provider_aggregates_by_aggregate ON provider_aggregates (aggregate_id, provider_id);

-- +goose Down
DROP TABLE provider_aggregates;
DROP TABLE provider_traits;
DROP TABLE resource_classes;
DROP TABLE traits;
DROP TABLE allocations;
DROP TABLE consumers;
DROP TABLE inventories;
DROP TABLE resource_providers;
