-- +goose Up

-- Where bits lie, the places of one image in the order of position. Of what lies on the web, several images may have the same. A
-- doomed location is to be removed, at due_at where that is set, or else at once: the row goes once the bits have.
CREATE TABLE image_places (
    image_id VARCHAR(36) NOT NULL REFERENCES images (id),
    store    VARCHAR(255) NOT NULL,
    path     VARCHAR(255) NOT NULL,
    position INTEGER NOT NULL,
    doomed   BOOLEAN NOT NULL,
    due_at   TIMESTAMP NULL,
    PRIMARY KEY (image_id, store, path)
);
INSERT INTO image_places (image_id, store, path, position, doomed, due_at)
    SELECT image_id, store, path, 0, doomed, NULL FROM image_locations;
DROP TABLE image_locations;
ALTER TABLE image_places RENAME TO image_locations;
CREATE INDEX image_locations_path ON image_locations (store, path);

-- +goose Down
CREATE TABLE image_places (
    store    VARCHAR(255) NOT NULL,
    path     VARCHAR(255) NOT NULL,
    image_id VARCHAR(36) NOT NULL REFERENCES images (id),
    doomed   BOOLEAN NOT NULL,
    PRIMARY KEY (store, path)
);
INSERT INTO image_places (store, path, image_id, doomed)
    SELECT store, path, MIN(image_id), doomed FROM image_locations GROUP BY store, path, doomed;
DROP TABLE image_locations;
ALTER TABLE image_places RENAME TO image_locations;
CREATE INDEX image_locations_image ON image_locations (image_id);
