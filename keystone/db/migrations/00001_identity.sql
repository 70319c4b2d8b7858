-- Domains are projects that act as one: is_domain, with empty domain_id and parent_id.
-- +goose Up
CREATE TABLE project (
    id          VARCHAR(64) NOT NULL PRIMARY KEY,
    name        VARCHAR(64) NOT NULL,
    domain_id   VARCHAR(64) NOT NULL,
    parent_id   VARCHAR(64) NOT NULL,
    description TEXT NOT NULL,
    enabled     BOOLEAN NOT NULL,
    is_domain   BOOLEAN NOT NULL,
    tags        TEXT,
    options     TEXT,
    extra       TEXT,
    created_at  TIMESTAMP NOT NULL,
    UNIQUE (domain_id, name)
);
CREATE INDEX project_parent ON project (parent_id);

CREATE TABLE "user" (
    id                  VARCHAR(64) NOT NULL PRIMARY KEY,
    domain_id           VARCHAR(64) NOT NULL,
    name                VARCHAR(255) NOT NULL,
    enabled             BOOLEAN NOT NULL,
    default_project_id  VARCHAR(64) NOT NULL,
    password_expires_at TIMESTAMP,
    failed_logins       INTEGER NOT NULL,
    failed_at           TIMESTAMP,
    options             TEXT,
    extra               TEXT,
    created_at          TIMESTAMP NOT NULL,
    UNIQUE (domain_id, name)
);
CREATE INDEX user_default_project ON "user" (default_project_id);

CREATE TABLE password (
    sequence     INTEGER NOT NULL,
    user_id      VARCHAR(64) NOT NULL,
    hash         VARCHAR(255) NOT NULL,
    created_at   TIMESTAMP NOT NULL,
    expires_at   TIMESTAMP,
    self_service BOOLEAN NOT NULL,
    PRIMARY KEY (user_id, sequence)
);

CREATE TABLE "group" (
    id          VARCHAR(64) NOT NULL PRIMARY KEY,
    domain_id   VARCHAR(64) NOT NULL,
    name        VARCHAR(255) NOT NULL,
    description TEXT NOT NULL,
    extra       TEXT,
    UNIQUE (domain_id, name)
);

CREATE TABLE membership (
    user_id  VARCHAR(64) NOT NULL,
    group_id VARCHAR(64) NOT NULL,
    PRIMARY KEY (user_id, group_id)
);
CREATE INDEX membership_group ON membership (group_id);

CREATE TABLE role (
    id          VARCHAR(64) NOT NULL PRIMARY KEY,
    name        VARCHAR(255) NOT NULL,
    domain_id   VARCHAR(64) NOT NULL,
    description TEXT,
    options     TEXT,
    extra       TEXT,
    UNIQUE (domain_id, name)
);

CREATE TABLE implied_role (
    prior_id   VARCHAR(64) NOT NULL,
    implied_id VARCHAR(64) NOT NULL,
    PRIMARY KEY (prior_id, implied_id)
);

CREATE TABLE assignment (
    actor_kind VARCHAR(8) NOT NULL,
    actor_id   VARCHAR(64) NOT NULL,
    scope_kind VARCHAR(8) NOT NULL,
    scope_id   VARCHAR(64) NOT NULL,
    role_id    VARCHAR(64) NOT NULL,
    inherited  BOOLEAN NOT NULL,
    PRIMARY KEY (actor_id, scope_id, role_id, inherited, actor_kind, scope_kind)
);
CREATE INDEX assignment_scope ON assignment (scope_id);
CREATE INDEX assignment_role ON assignment (role_id);

CREATE TABLE region (
    id          VARCHAR(255) NOT NULL PRIMARY KEY,
    description TEXT NOT NULL,
    parent_id   VARCHAR(255) NOT NULL,
    extra       TEXT
);

CREATE TABLE service (
    id      VARCHAR(64) NOT NULL PRIMARY KEY,
    type    VARCHAR(255) NOT NULL,
    name    VARCHAR(255) NOT NULL,
    enabled BOOLEAN NOT NULL,
    extra   TEXT
);

CREATE TABLE endpoint (
    id         VARCHAR(64) NOT NULL PRIMARY KEY,
    service_id VARCHAR(64) NOT NULL REFERENCES service (id),
    region_id  VARCHAR(255) NOT NULL,
    interface  VARCHAR(8) NOT NULL,
    url        TEXT NOT NULL,
    enabled    BOOLEAN NOT NULL,
    extra      TEXT
);
CREATE INDEX endpoint_service ON endpoint (service_id);
CREATE INDEX endpoint_region ON endpoint (region_id);

CREATE TABLE application_credential (
    id           VARCHAR(64) NOT NULL PRIMARY KEY,
    name         VARCHAR(255) NOT NULL,
    user_id      VARCHAR(64) NOT NULL,
    project_id   VARCHAR(64) NOT NULL,
    description  TEXT,
    unrestricted BOOLEAN,
    roles        TEXT,
    expires_at   TIMESTAMP,
    access_rules TEXT,
    secret_hash  VARCHAR(255) NOT NULL,
    UNIQUE (user_id, name)
);
CREATE INDEX application_credential_project ON application_credential (project_id);

CREATE TABLE access_rule (
    id      VARCHAR(64) NOT NULL PRIMARY KEY,
    user_id VARCHAR(64) NOT NULL,
    service VARCHAR(64) NOT NULL,
    method  VARCHAR(16) NOT NULL,
    path    VARCHAR(255) NOT NULL,
    UNIQUE (user_id, service, method, path)
);

CREATE TABLE revocation (
    kind          VARCHAR(16) NOT NULL,
    subject       VARCHAR(64) NOT NULL,
    issued_before TIMESTAMP NOT NULL,
    revoked_at    TIMESTAMP NOT NULL,
    PRIMARY KEY (kind, subject)
);
CREATE INDEX revocation_age ON revocation (revoked_at);

-- +goose Down
DROP TABLE revocation;
DROP TABLE access_rule;
DROP TABLE application_credential;
DROP TABLE endpoint;
DROP TABLE service;
DROP TABLE region;
DROP TABLE assignment;
DROP TABLE implied_role;
DROP TABLE role;
DROP TABLE membership;
DROP TABLE "group";
DROP TABLE password;
DROP TABLE "user";
DROP TABLE project;
