-- Clients ask for things by their names before anything else. Nothing is undone: an index is in nobody's way.
-- +goose Up
CREATE INDEX networks_name ON networks (name);
CREATE INDEX subnets_name ON subnets (name);
CREATE INDEX ports_name ON ports (name);
CREATE INDEX routers_name ON routers (name);
CREATE INDEX security_groups_name ON security_groups (name);
