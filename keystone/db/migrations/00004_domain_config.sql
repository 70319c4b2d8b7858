-- What domains have configured for themselves, each value as JSON. What is sensitive lies apart from what is shown.
-- +goose Up
CREATE TABLE whitelisted_config (
    domain_id VARCHAR(64) NOT NULL,
    "group"   VARCHAR(64) NOT NULL,
    "option"  VARCHAR(64) NOT NULL,
    value     TEXT NOT NULL,
    PRIMARY KEY (domain_id, "group", "option")
);

CREATE TABLE sensitive_config (
    domain_id VARCHAR(64) NOT NULL,
    "group"   VARCHAR(64) NOT NULL,
    "option"  VARCHAR(64) NOT NULL,
    value     TEXT NOT NULL,
    PRIMARY KEY (domain_id, "group", "option")
);

-- +goose Down
DROP TABLE sensitive_config;
DROP TABLE whitelisted_config;
