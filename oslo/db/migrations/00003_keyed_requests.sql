-- The table of oslo/idempotency: requests with an Idempotency-Key. id, caller and print are digests; fence grows with each
-- taking up; commits counts the transactions that the request committed, resources (JSON) what they changed; answer is
-- sealed with the caller's key, which is not kept, and empty until there is one.
-- +goose Up
CREATE TABLE keyed_requests (
    id          VARCHAR(64) NOT NULL PRIMARY KEY,
    caller      VARCHAR(64) NOT NULL,
    print       VARCHAR(64) NOT NULL,
    request_id  VARCHAR(64) NOT NULL,
    fence       BIGINT NOT NULL,
    lease_until TIMESTAMP NOT NULL,
    commits     BIGINT NOT NULL,
    resources   TEXT NOT NULL,
    answer      TEXT NOT NULL,
    created_at  TIMESTAMP NOT NULL
);
CREATE INDEX keyed_requests_caller ON keyed_requests (caller, commits);
CREATE INDEX keyed_requests_created_at ON keyed_requests (created_at);

-- +goose Down
DROP TABLE keyed_requests;
