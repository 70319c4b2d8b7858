-- Nova's tables. Lists and maps are JSON in TEXT columns; a server keeps its flavor as it was, and the tables
-- server_tags and server_metadata only index what its row holds.
-- +goose Up
CREATE TABLE servers (
    id                VARCHAR(36) NOT NULL PRIMARY KEY,
    number            BIGINT NOT NULL UNIQUE,
    project_id        VARCHAR(255) NOT NULL,
    user_id           VARCHAR(255) NOT NULL,
    name              VARCHAR(255) NOT NULL,
    description       TEXT NULL,
    hostname          VARCHAR(255) NOT NULL,
    vm_state          VARCHAR(32) NOT NULL,
    task_state        VARCHAR(64) NOT NULL,
    power_state       INTEGER NOT NULL,
    progress          INTEGER NOT NULL,
    fault             TEXT NULL,
    host              VARCHAR(255) NOT NULL,
    node              VARCHAR(255) NOT NULL,
    launched_on       VARCHAR(255) NOT NULL,
    availability_zone VARCHAR(255) NOT NULL,
    image_id          VARCHAR(36) NOT NULL,
    kernel_id         VARCHAR(255) NOT NULL,
    ramdisk_id        VARCHAR(255) NOT NULL,
    image             TEXT NOT NULL,
    flavor_id         VARCHAR(255) NOT NULL,
    flavor            TEXT NOT NULL,
    vcpus             INTEGER NOT NULL,
    ram_mib           INTEGER NOT NULL,
    disk_gib          INTEGER NOT NULL,
    key_name          VARCHAR(255) NOT NULL,
    public_key        TEXT NOT NULL,
    user_data         TEXT NOT NULL,
    config_drive      BOOLEAN NOT NULL,
    disk_config       VARCHAR(16) NOT NULL,
    access_ipv4       VARCHAR(39) NOT NULL,
    access_ipv6       VARCHAR(39) NOT NULL,
    root_device       VARCHAR(255) NOT NULL,
    server_group      VARCHAR(36) NOT NULL,
    security_groups   TEXT NOT NULL,
    metadata          TEXT NOT NULL,
    system_metadata   TEXT NOT NULL,
    tags              TEXT NOT NULL,
    network           TEXT NOT NULL,
    locked            BOOLEAN NOT NULL,
    locked_by         VARCHAR(16) NOT NULL,
    locked_reason     TEXT NULL,
    reservation_id    VARCHAR(255) NOT NULL,
    launch_index      INTEGER NOT NULL,
    created_at        TIMESTAMP NOT NULL,
    updated_at        TIMESTAMP NOT NULL,
    launched_at       TIMESTAMP NULL,
    terminated_at     TIMESTAMP NULL,
    deleted_at        TIMESTAMP NULL,
    deleted           BOOLEAN NOT NULL
);
CREATE INDEX servers_project ON servers (project_id, deleted, created_at);
CREATE INDEX servers_created ON servers (deleted, created_at, number);
CREATE INDEX servers_host ON servers (host, deleted);
CREATE INDEX servers_group ON servers (server_group, deleted);
CREATE INDEX servers_updated ON servers (updated_at);
CREATE INDEX servers_reservation ON servers (reservation_id);

CREATE TABLE server_tags (
    server_id VARCHAR(36) NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    tag       VARCHAR(80) NOT NULL,
    PRIMARY KEY (server_id, tag)
);
CREATE INDEX server_tags_tag ON server_tags (tag);

CREATE TABLE server_metadata (
    server_id VARCHAR(36) NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    name      VARCHAR(255) NOT NULL,
    value     VARCHAR(255) NOT NULL,
    PRIMARY KEY (server_id, name)
);

CREATE TABLE scheduler_reports (
    server_id VARCHAR(36) NOT NULL PRIMARY KEY REFERENCES servers (id) ON DELETE CASCADE,
    report    TEXT NOT NULL
);

CREATE TABLE flavors (
    id            VARCHAR(255) NOT NULL PRIMARY KEY,
    name          VARCHAR(255) NOT NULL UNIQUE,
    description   TEXT NULL,
    vcpus         INTEGER NOT NULL,
    ram_mib       INTEGER NOT NULL,
    disk_gib      INTEGER NOT NULL,
    ephemeral_gib INTEGER NOT NULL,
    swap_mib      INTEGER NOT NULL,
    rxtx_factor   DOUBLE PRECISION NOT NULL,
    public        BOOLEAN NOT NULL,
    disabled      BOOLEAN NOT NULL,
    extra_specs   TEXT NOT NULL,
    created_at    TIMESTAMP NOT NULL,
    updated_at    TIMESTAMP NULL
);

CREATE TABLE flavor_projects (
    flavor_id  VARCHAR(255) NOT NULL REFERENCES flavors (id) ON DELETE CASCADE,
    project_id VARCHAR(255) NOT NULL,
    PRIMARY KEY (flavor_id, project_id)
);

CREATE TABLE keypairs (
    id          BIGINT NOT NULL PRIMARY KEY,
    user_id     VARCHAR(255) NOT NULL,
    name        VARCHAR(255) NOT NULL,
    type        VARCHAR(8) NOT NULL,
    fingerprint VARCHAR(255) NOT NULL,
    public_key  TEXT NOT NULL,
    created_at  TIMESTAMP NOT NULL,
    UNIQUE (user_id, name)
);

CREATE TABLE services (
    id              VARCHAR(36) NOT NULL PRIMARY KEY,
    number          BIGINT NOT NULL UNIQUE,
    host            VARCHAR(255) NOT NULL,
    binary_name     VARCHAR(255) NOT NULL,
    topic           VARCHAR(255) NOT NULL,
    disabled        BOOLEAN NOT NULL,
    disabled_reason TEXT NULL,
    forced_down     BOOLEAN NOT NULL,
    last_seen       TIMESTAMP NULL,
    report_count    BIGINT NOT NULL,
    created_at      TIMESTAMP NOT NULL,
    updated_at      TIMESTAMP NULL,
    UNIQUE (host, binary_name)
);

CREATE TABLE compute_nodes (
    id              VARCHAR(36) NOT NULL PRIMARY KEY,
    number          BIGINT NOT NULL UNIQUE,
    host            VARCHAR(255) NOT NULL,
    name            VARCHAR(255) NOT NULL,
    type            VARCHAR(255) NOT NULL,
    version         INTEGER NOT NULL,
    host_ip         VARCHAR(39) NOT NULL,
    cpu_info        TEXT NOT NULL,
    vcpus           INTEGER NOT NULL,
    memory_mib      INTEGER NOT NULL,
    disk_gib        INTEGER NOT NULL,
    disk_free_gib   INTEGER NOT NULL,
    cpu_ratio       DOUBLE PRECISION NOT NULL,
    ram_ratio       DOUBLE PRECISION NOT NULL,
    disk_ratio      DOUBLE PRECISION NOT NULL,
    uptime          VARCHAR(255) NOT NULL,
    machines        TEXT NOT NULL,
    traits          TEXT NOT NULL,
    created_at      TIMESTAMP NOT NULL,
    updated_at      TIMESTAMP NOT NULL,
    UNIQUE (host, name)
);

CREATE TABLE actions (
    id         BIGINT NOT NULL PRIMARY KEY,
    server_id  VARCHAR(36) NOT NULL,
    name       VARCHAR(255) NOT NULL,
    request_id VARCHAR(255) NOT NULL,
    user_id    VARCHAR(255) NOT NULL,
    project_id VARCHAR(255) NOT NULL,
    message    VARCHAR(255) NULL,
    started_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    ended_at   TIMESTAMP NULL
);
CREATE INDEX actions_server ON actions (server_id, request_id);

CREATE TABLE action_events (
    action_id  BIGINT NOT NULL REFERENCES actions (id) ON DELETE CASCADE,
    name       VARCHAR(255) NOT NULL,
    host       VARCHAR(255) NOT NULL,
    result     VARCHAR(255) NULL,
    details    TEXT NULL,
    traceback  TEXT NULL,
    started_at TIMESTAMP NOT NULL,
    ended_at   TIMESTAMP NULL,
    PRIMARY KEY (action_id, name, started_at)
);

CREATE TABLE quotas (
    project_id VARCHAR(255) NOT NULL,
    user_id    VARCHAR(255) NOT NULL,
    resource   VARCHAR(255) NOT NULL,
    hard_limit INTEGER NOT NULL,
    PRIMARY KEY (project_id, user_id, resource)
);

CREATE TABLE server_groups (
    id           VARCHAR(36) NOT NULL PRIMARY KEY,
    name         VARCHAR(255) NOT NULL,
    project_id   VARCHAR(255) NOT NULL,
    user_id      VARCHAR(255) NOT NULL,
    policy       VARCHAR(32) NOT NULL,
    max_per_host INTEGER NOT NULL,
    created_at   TIMESTAMP NOT NULL
);
CREATE INDEX server_groups_project ON server_groups (project_id);

CREATE TABLE aggregates (
    id         BIGINT NOT NULL PRIMARY KEY,
    uuid       VARCHAR(36) NOT NULL UNIQUE,
    name       VARCHAR(255) NOT NULL UNIQUE,
    metadata   TEXT NOT NULL,
    hosts      TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NULL
);

-- +goose Down
DROP TABLE aggregates;
DROP TABLE server_groups;
DROP TABLE quotas;
DROP TABLE action_events;
DROP TABLE actions;
DROP TABLE compute_nodes;
DROP TABLE services;
DROP TABLE keypairs;
DROP TABLE flavor_projects;
DROP TABLE flavors;
DROP TABLE scheduler_reports;
DROP TABLE server_metadata;
DROP TABLE server_tags;
DROP TABLE servers;
