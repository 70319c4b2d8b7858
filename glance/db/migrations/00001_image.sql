-- +goose Up
CREATE TABLE images (
    id               VARCHAR(36) NOT NULL PRIMARY KEY,
    name             VARCHAR(255) NULL,
    owner            VARCHAR(255) NOT NULL,
    status           VARCHAR(30) NOT NULL,
    visibility       VARCHAR(16) NOT NULL,
    disk_format      VARCHAR(20) NOT NULL,
    container_format VARCHAR(20) NOT NULL,
    min_disk         BIGINT NOT NULL,
    min_ram          BIGINT NOT NULL,
    protected        BOOLEAN NOT NULL,
    os_hidden        BOOLEAN NOT NULL,
    size             BIGINT NULL,
    virtual_size     BIGINT NULL,
    checksum         VARCHAR(32) NOT NULL,
    os_hash_algo     VARCHAR(64) NOT NULL,
    os_hash_value    VARCHAR(128) NOT NULL,
    created_at       TIMESTAMP NOT NULL,
    updated_at       TIMESTAMP NOT NULL,
    deleted_at       TIMESTAMP NULL
);
CREATE INDEX images_owner ON images (owner, created_at, id);
CREATE INDEX images_visibility ON images (visibility, created_at, id);
CREATE INDEX images_created ON images (created_at, id);

CREATE TABLE image_properties (
    image_id VARCHAR(36) NOT NULL REFERENCES images (id),
    name     VARCHAR(255) NOT NULL,
    value    TEXT NOT NULL,
    PRIMARY KEY (image_id, name)
);

CREATE TABLE image_tags (
    image_id VARCHAR(36) NOT NULL REFERENCES images (id),
    value    VARCHAR(255) NOT NULL,
    PRIMARY KEY (image_id, value)
);

CREATE TABLE image_members (
    image_id   VARCHAR(36) NOT NULL REFERENCES images (id),
    member     VARCHAR(255) NOT NULL,
    status     VARCHAR(20) NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (image_id, member)
);
CREATE INDEX image_members_member ON image_members (member, status);

-- Where bits lie. A doomed location is one whose image is deleted: the row goes once the bits have.
CREATE TABLE image_locations (
    store    VARCHAR(255) NOT NULL,
    path     VARCHAR(255) NOT NULL,
    image_id VARCHAR(36) NOT NULL REFERENCES images (id),
    doomed   BOOLEAN NOT NULL,
    PRIMARY KEY (store, path)
);
CREATE INDEX image_locations_image ON image_locations (image_id);

-- Uploads under way: at most one an image.
CREATE TABLE image_uploads (
    image_id   VARCHAR(36) NOT NULL PRIMARY KEY REFERENCES images (id),
    token      VARCHAR(36) NOT NULL,
    store      VARCHAR(255) NOT NULL,
    path       VARCHAR(255) NOT NULL,
    renewed_at TIMESTAMP NOT NULL
);

-- +goose Down
DROP TABLE image_uploads;
DROP TABLE image_locations;
DROP TABLE image_members;
DROP TABLE image_tags;
DROP TABLE image_properties;
DROP TABLE images;
