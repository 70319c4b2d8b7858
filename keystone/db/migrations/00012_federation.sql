-- +goose Up
CREATE TABLE identity_provider (
    id                VARCHAR(64) NOT NULL PRIMARY KEY,
    domain_id         VARCHAR(64) NOT NULL,
    enabled           BOOLEAN NOT NULL,
    description       TEXT,
    authorization_ttl INTEGER
);
CREATE INDEX identity_provider_domain ON identity_provider (domain_id);

CREATE TABLE remote_id (
    remote_id            VARCHAR(255) NOT NULL PRIMARY KEY,
    identity_provider_id VARCHAR(64) NOT NULL REFERENCES identity_provider (id),
    place                INTEGER NOT NULL
);
CREATE INDEX remote_id_provider ON remote_id (identity_provider_id);

CREATE TABLE mapping (
    id    VARCHAR(64) NOT NULL PRIMARY KEY,
    rules TEXT NOT NULL
);

CREATE TABLE federation_protocol (
    id                   VARCHAR(64) NOT NULL,
    identity_provider_id VARCHAR(64) NOT NULL REFERENCES identity_provider (id),
    mapping_id           VARCHAR(64) NOT NULL,
    remote_id_attribute  VARCHAR(64),
    PRIMARY KEY (identity_provider_id, id)
);

CREATE TABLE service_provider (
    id                 VARCHAR(64) NOT NULL PRIMARY KEY,
    auth_url           VARCHAR(256) NOT NULL,
    assertion_url      VARCHAR(256) NOT NULL,
    enabled            BOOLEAN NOT NULL,
    description        TEXT,
    relay_state_prefix VARCHAR(256)
);

CREATE TABLE federated_user (
    identity_provider_id VARCHAR(64) NOT NULL,
    protocol_id          VARCHAR(64) NOT NULL,
    unique_id            VARCHAR(255) NOT NULL,
    user_id              VARCHAR(64) NOT NULL,
    display_name         VARCHAR(255) NOT NULL,
    PRIMARY KEY (identity_provider_id, protocol_id, unique_id)
);
CREATE INDEX federated_user_user ON federated_user (user_id);

CREATE TABLE expiring_membership (
    user_id              VARCHAR(64) NOT NULL,
    group_id             VARCHAR(64) NOT NULL,
    identity_provider_id VARCHAR(64) NOT NULL,
    last_verified        TIMESTAMP NOT NULL,
    PRIMARY KEY (user_id, group_id, identity_provider_id)
);
CREATE INDEX expiring_membership_group ON expiring_membership (group_id);

-- +goose Down
DROP TABLE expiring_membership;
DROP TABLE federated_user;
DROP TABLE service_provider;
DROP TABLE federation_protocol;
DROP TABLE mapping;
DROP TABLE remote_id;
DROP TABLE identity_provider;
