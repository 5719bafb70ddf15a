-- What an image could show, by question: who asks, of which digest, in which repository.
CREATE TABLE verdict (
    question TEXT NOT NULL PRIMARY KEY, -- SHA-256 of the question
    digest   TEXT NOT NULL,
    time     REAL NOT NULL,             -- seconds since 1970
    document BLOB NOT NULL              -- JSON, zlib (RFC 1950)
);
CREATE INDEX verdict_by_time ON verdict (time);
CREATE INDEX verdict_by_digest ON verdict (digest);

-- When a workload was first seen; it stays the same when it is made again under its name.
CREATE TABLE sighting (
    namespace TEXT NOT NULL,
    kind      TEXT NOT NULL,
    name      TEXT NOT NULL,
    first     REAL NOT NULL,
    PRIMARY KEY (namespace, kind, name)
) WITHOUT ROWID;
