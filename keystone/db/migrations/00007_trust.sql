-- +goose Up
CREATE TABLE trust (
    id                 VARCHAR(64) NOT NULL PRIMARY KEY,
    trustor_id         VARCHAR(64) NOT NULL,
    trustee_id         VARCHAR(64) NOT NULL,
    project_id         VARCHAR(64) NOT NULL,
    impersonation      BOOLEAN NOT NULL,
    roles              TEXT,
    expires_at         TIMESTAMP,
    remaining_uses     INTEGER,
    redelegated_id     VARCHAR(64) NOT NULL,
    redelegation_count INTEGER NOT NULL,
    extra              TEXT
);
CREATE INDEX trust_trustor ON trust (trustor_id);
CREATE INDEX trust_trustee ON trust (trustee_id);
CREATE INDEX trust_project ON trust (project_id);
CREATE INDEX trust_redelegated ON trust (redelegated_id);

-- +goose Down
DROP TABLE trust;
