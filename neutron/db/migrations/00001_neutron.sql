-- +goose Up
CREATE TABLE networks (
    id               VARCHAR(36) NOT NULL PRIMARY KEY,
    project_id       VARCHAR(255) NOT NULL,
    name             VARCHAR(255) NOT NULL,
    description      VARCHAR(255) NOT NULL,
    status           VARCHAR(16) NOT NULL,
    admin_up         BOOLEAN NOT NULL,
    shared           BOOLEAN NOT NULL,
    external         BOOLEAN NOT NULL,
    is_default       BOOLEAN NOT NULL,
    mtu              INTEGER NOT NULL,
    port_security    BOOLEAN NOT NULL,
    dns_domain       VARCHAR(255) NOT NULL,
    zone_hints       TEXT,
    segment_type     VARCHAR(32) NOT NULL,
    physical_network VARCHAR(64) NOT NULL,
    segment_id       INTEGER NOT NULL,
    revision         INTEGER NOT NULL,
    created_at       TIMESTAMP NOT NULL,
    updated_at       TIMESTAMP NOT NULL
);
CREATE INDEX networks_project ON networks (project_id);

-- One row per segment in use: its key keeps two networks off the same wire.
CREATE TABLE segment_allocations (
    segment_type     VARCHAR(32) NOT NULL,
    physical_network VARCHAR(64) NOT NULL,
    segment_id       INTEGER NOT NULL,
    network_id       VARCHAR(36) NOT NULL,
    PRIMARY KEY (segment_type, physical_network, segment_id)
);

CREATE TABLE subnets (
    id                   VARCHAR(36) NOT NULL PRIMARY KEY,
    project_id           VARCHAR(255) NOT NULL,
    network_id           VARCHAR(36) NOT NULL REFERENCES networks (id),
    name                 VARCHAR(255) NOT NULL,
    description          VARCHAR(255) NOT NULL,
    ip_version           INTEGER NOT NULL,
    cidr                 VARCHAR(64) NOT NULL,
    gateway              VARCHAR(64) NOT NULL,
    pools                TEXT,
    dhcp                 BOOLEAN NOT NULL,
    nameservers          TEXT,
    host_routes          TEXT,
    ra_mode              VARCHAR(32) NOT NULL,
    address_mode         VARCHAR(32) NOT NULL,
    subnetpool_id        VARCHAR(36) NOT NULL,
    service_types        TEXT,
    dns_publish_fixed_ip BOOLEAN NOT NULL,
    revision             INTEGER NOT NULL,
    created_at           TIMESTAMP NOT NULL,
    updated_at           TIMESTAMP NOT NULL
);
CREATE INDEX subnets_network ON subnets (network_id);

CREATE TABLE ports (
    id             VARCHAR(36) NOT NULL PRIMARY KEY,
    project_id     VARCHAR(255) NOT NULL,
    network_id     VARCHAR(36) NOT NULL REFERENCES networks (id),
    name           VARCHAR(255) NOT NULL,
    description    VARCHAR(255) NOT NULL,
    status         VARCHAR(16) NOT NULL,
    reason         TEXT NOT NULL,
    admin_up       BOOLEAN NOT NULL,
    mac            VARCHAR(32) NOT NULL,
    port_security  BOOLEAN NOT NULL,
    address_pairs  TEXT,
    dhcp_options   TEXT,
    device_id      VARCHAR(255) NOT NULL,
    device_owner   VARCHAR(255) NOT NULL,
    dns_name       VARCHAR(255) NOT NULL,
    dns_domain     VARCHAR(255) NOT NULL,
    host           VARCHAR(255) NOT NULL,
    vnic_type      VARCHAR(64) NOT NULL,
    profile        TEXT,
    vif_type       VARCHAR(64) NOT NULL,
    vif_details    TEXT,
    uplink_status  BOOLEAN NOT NULL,
    revision       INTEGER NOT NULL,
    created_at     TIMESTAMP NOT NULL,
    updated_at     TIMESTAMP NOT NULL,
    UNIQUE (network_id, mac)
);
CREATE INDEX ports_project ON ports (project_id);
CREATE INDEX ports_device ON ports (device_id);
CREATE INDEX ports_host ON ports (host);

-- The key keeps an address with one port.
CREATE TABLE ip_allocations (
    subnet_id  VARCHAR(36) NOT NULL REFERENCES subnets (id),
    address    VARCHAR(64) NOT NULL,
    port_id    VARCHAR(36) NOT NULL REFERENCES ports (id) ON DELETE CASCADE,
    network_id VARCHAR(36) NOT NULL,
    position   INTEGER NOT NULL,
    PRIMARY KEY (subnet_id, address)
);
CREATE INDEX ip_allocations_port ON ip_allocations (port_id);
CREATE INDEX ip_allocations_network ON ip_allocations (network_id, address);

CREATE TABLE routers (
    id           VARCHAR(36) NOT NULL PRIMARY KEY,
    project_id   VARCHAR(255) NOT NULL,
    name         VARCHAR(255) NOT NULL,
    description  VARCHAR(255) NOT NULL,
    status       VARCHAR(16) NOT NULL,
    admin_up     BOOLEAN NOT NULL,
    gateway_port VARCHAR(36) NOT NULL,
    snat         BOOLEAN NOT NULL,
    routes       TEXT,
    zone_hints   TEXT,
    flavor_id    VARCHAR(36) NOT NULL,
    revision     INTEGER NOT NULL,
    created_at   TIMESTAMP NOT NULL,
    updated_at   TIMESTAMP NOT NULL
);
CREATE INDEX routers_project ON routers (project_id);

CREATE TABLE floatingips (
    id               VARCHAR(36) NOT NULL PRIMARY KEY,
    project_id       VARCHAR(255) NOT NULL,
    description      VARCHAR(255) NOT NULL,
    network_id       VARCHAR(36) NOT NULL,
    address          VARCHAR(64) NOT NULL,
    floating_port_id VARCHAR(36) NOT NULL REFERENCES ports (id),
    port_id          VARCHAR(36) NOT NULL,
    fixed_address    VARCHAR(64) NOT NULL,
    router_id        VARCHAR(36) NOT NULL,
    status           VARCHAR(16) NOT NULL,
    dns_name         VARCHAR(255) NOT NULL,
    dns_domain       VARCHAR(255) NOT NULL,
    revision         INTEGER NOT NULL,
    created_at       TIMESTAMP NOT NULL,
    updated_at       TIMESTAMP NOT NULL
);
CREATE INDEX floatingips_project ON floatingips (project_id);
CREATE INDEX floatingips_port ON floatingips (port_id);
CREATE INDEX floatingips_router ON floatingips (router_id);
CREATE INDEX floatingips_floating_port ON floatingips (floating_port_id);

CREATE TABLE security_groups (
    id          VARCHAR(36) NOT NULL PRIMARY KEY,
    project_id  VARCHAR(255) NOT NULL,
    name        VARCHAR(255) NOT NULL,
    description VARCHAR(255) NOT NULL,
    stateful    BOOLEAN NOT NULL,
    revision    INTEGER NOT NULL,
    created_at  TIMESTAMP NOT NULL,
    updated_at  TIMESTAMP NOT NULL
);
CREATE INDEX security_groups_project ON security_groups (project_id);

-- Which group is a project's default; its key lets there be one.
CREATE TABLE default_security_groups (
    project_id VARCHAR(255) NOT NULL PRIMARY KEY,
    group_id   VARCHAR(36) NOT NULL REFERENCES security_groups (id) ON DELETE CASCADE
);

CREATE TABLE security_group_rules (
    id              VARCHAR(36) NOT NULL PRIMARY KEY,
    project_id      VARCHAR(255) NOT NULL,
    group_id        VARCHAR(36) NOT NULL REFERENCES security_groups (id) ON DELETE CASCADE,
    description     VARCHAR(255) NOT NULL,
    direction       VARCHAR(16) NOT NULL,
    ether_type      VARCHAR(16) NOT NULL,
    protocol        VARCHAR(40) NOT NULL,
    port_min        INTEGER,
    port_max        INTEGER,
    remote_group_id VARCHAR(36) NOT NULL,
    remote_prefix   VARCHAR(64) NOT NULL,
    revision        INTEGER NOT NULL,
    created_at      TIMESTAMP NOT NULL,
    updated_at      TIMESTAMP NOT NULL
);
CREATE INDEX security_group_rules_group ON security_group_rules (group_id);
CREATE INDEX security_group_rules_remote ON security_group_rules (remote_group_id);

CREATE TABLE port_security_groups (
    port_id  VARCHAR(36) NOT NULL REFERENCES ports (id) ON DELETE CASCADE,
    group_id VARCHAR(36) NOT NULL REFERENCES security_groups (id),
    PRIMARY KEY (port_id, group_id)
);
CREATE INDEX port_security_groups_group ON port_security_groups (group_id);

CREATE TABLE agents (
    id             VARCHAR(36) NOT NULL PRIMARY KEY,
    agent_type     VARCHAR(255) NOT NULL,
    agent_binary   VARCHAR(255) NOT NULL,
    host           VARCHAR(255) NOT NULL,
    topic          VARCHAR(255) NOT NULL,
    zone           VARCHAR(255) NOT NULL,
    admin_up       BOOLEAN NOT NULL,
    description    VARCHAR(255) NOT NULL,
    configurations TEXT,
    agent_load     INTEGER NOT NULL,
    created_at     TIMESTAMP NOT NULL,
    started_at     TIMESTAMP NOT NULL,
    heartbeat_at   TIMESTAMP NOT NULL,
    UNIQUE (agent_type, host)
);

CREATE TABLE network_agents (
    network_id VARCHAR(36) NOT NULL REFERENCES networks (id) ON DELETE CASCADE,
    agent_id   VARCHAR(36) NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    PRIMARY KEY (network_id, agent_id)
);

CREATE TABLE router_agents (
    router_id VARCHAR(36) NOT NULL PRIMARY KEY REFERENCES routers (id) ON DELETE CASCADE,
    agent_id  VARCHAR(36) NOT NULL REFERENCES agents (id) ON DELETE CASCADE
);

CREATE TABLE quotas (
    project_id  VARCHAR(255) NOT NULL,
    resource    VARCHAR(255) NOT NULL,
    quota_limit INTEGER NOT NULL,
    PRIMARY KEY (project_id, resource)
);

CREATE TABLE tags (
    resource_id VARCHAR(36) NOT NULL,
    tag         VARCHAR(255) NOT NULL,
    PRIMARY KEY (resource_id, tag)
);

-- How far readers of the event log have come.
CREATE TABLE cursors (
    name VARCHAR(64) NOT NULL PRIMARY KEY,
    seq  BIGINT NOT NULL
);

-- +goose Down
DROP TABLE cursors;
DROP TABLE tags;
DROP TABLE quotas;
DROP TABLE router_agents;
DROP TABLE network_agents;
DROP TABLE agents;
DROP TABLE port_security_groups;
DROP TABLE security_group_rules;
DROP TABLE default_security_groups;
DROP TABLE security_groups;
DROP TABLE floatingips;
DROP TABLE routers;
DROP TABLE ip_allocations;
DROP TABLE ports;
DROP TABLE subnets;
DROP TABLE segment_allocations;
DROP TABLE networks;
