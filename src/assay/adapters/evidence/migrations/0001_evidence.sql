-- Documents are kept once, whoever recorded them how often; entries say what they are about.
CREATE TABLE document (
    digest  TEXT NOT NULL PRIMARY KEY,
    size    INTEGER NOT NULL,
    content BLOB NOT NULL -- zlib (RFC 1950)
);

CREATE TABLE entry (
    id         INTEGER PRIMARY KEY,
    subject    TEXT NOT NULL,
    name       TEXT NOT NULL,
    kind       TEXT NOT NULL,
    time       TEXT NOT NULL,
    producer   TEXT NOT NULL,
    media_type TEXT NOT NULL,
    document   TEXT NOT NULL REFERENCES document (digest)
);

CREATE INDEX entry_by_subject ON entry (subject, kind, time);
CREATE INDEX entry_by_time ON entry (time);
CREATE INDEX entry_by_document ON entry (document);
