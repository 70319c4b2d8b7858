-- A limit repeats what is limited from its registered limit, which cannot change while the limit is there: so lists need no join.
-- One of project_id and domain_id is empty; so is region_id where there is none. Services and regions may go before the limits.
-- +goose Up
CREATE TABLE registered_limit (
    id            VARCHAR(64) NOT NULL PRIMARY KEY,
    service_id    VARCHAR(64) NOT NULL,
    region_id     VARCHAR(255) NOT NULL,
    resource_name VARCHAR(255) NOT NULL,
    default_limit INTEGER NOT NULL,
    description   TEXT,
    UNIQUE (service_id, region_id, resource_name)
);

CREATE TABLE "limit" (
    id                  VARCHAR(64) NOT NULL PRIMARY KEY,
    registered_limit_id VARCHAR(64) NOT NULL REFERENCES registered_limit (id),
    project_id          VARCHAR(64) NOT NULL,
    domain_id           VARCHAR(64) NOT NULL,
    service_id          VARCHAR(64) NOT NULL,
    region_id           VARCHAR(255) NOT NULL,
    resource_name       VARCHAR(255) NOT NULL,
    resource_limit      INTEGER NOT NULL,
    description         TEXT,
    UNIQUE (registered_limit_id, project_id, domain_id)
);
CREATE INDEX limit_project ON "limit" (project_id);
CREATE INDEX limit_domain ON "limit" (domain_id);

-- +goose Down
DROP TABLE "limit";
DROP TABLE registered_limit;
