-- What a project's catalog has, and policies with what they are for. A policy's association is by endpoint, by service, or by
-- service and region; what is not meant is empty.
-- +goose Up
CREATE TABLE endpoint_group (
    id          VARCHAR(64) NOT NULL PRIMARY KEY,
    name        VARCHAR(255) NOT NULL,
    description TEXT,
    filters     TEXT NOT NULL
);

CREATE TABLE project_endpoint (
    project_id  VARCHAR(64) NOT NULL,
    endpoint_id VARCHAR(64) NOT NULL,
    PRIMARY KEY (project_id, endpoint_id)
);
CREATE INDEX project_endpoint_endpoint ON project_endpoint (endpoint_id);

CREATE TABLE project_endpoint_group (
    project_id        VARCHAR(64) NOT NULL,
    endpoint_group_id VARCHAR(64) NOT NULL,
    PRIMARY KEY (project_id, endpoint_group_id)
);
CREATE INDEX project_endpoint_group_group ON project_endpoint_group (endpoint_group_id);

CREATE TABLE policy (
    id     VARCHAR(64) NOT NULL PRIMARY KEY,
    "blob" TEXT NOT NULL,
    type   VARCHAR(255) NOT NULL,
    extra  TEXT
);

CREATE TABLE policy_association (
    endpoint_id VARCHAR(64) NOT NULL,
    service_id  VARCHAR(64) NOT NULL,
    region_id   VARCHAR(255) NOT NULL,
    policy_id   VARCHAR(64) NOT NULL,
    PRIMARY KEY (endpoint_id, service_id, region_id)
);
CREATE INDEX policy_association_policy ON policy_association (policy_id);
CREATE INDEX policy_association_service ON policy_association (service_id);
CREATE INDEX policy_association_region ON policy_association (region_id);

-- +goose Down
DROP TABLE policy_association;
DROP TABLE policy;
DROP TABLE project_endpoint_group;
DROP TABLE project_endpoint;
DROP TABLE endpoint_group;
