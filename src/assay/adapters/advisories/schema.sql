-- A shard of the advisory store: the records of one source. Written once, then read only.
-- Version keys are memcmp-ordered (assay.ecosystems.*.versions); texts that a comparison does not need lie beside them.

CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE package (id INTEGER PRIMARY KEY, ecosystem TEXT NOT NULL, name TEXT NOT NULL);

-- low: X'' is "from the first"; high: NULL is "to the last". flags and state: adapters/advisories/row.py.
-- text: low, high, fixed, note, module, channel, arch, repository, platform, symbols; parted by 0x1F, trimmed.
CREATE TABLE claim (
    package INTEGER NOT NULL,
    number INTEGER NOT NULL,
    low BLOB NOT NULL,
    high BLOB,
    flags INTEGER NOT NULL,
    state INTEGER NOT NULL,
    advisory INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (package, number)
) WITHOUT ROWID;

-- body: JSON of assay.model.advisory.Advisory without `affected`.
CREATE TABLE advisory (id INTEGER PRIMARY KEY, name TEXT NOT NULL, body BLOB NOT NULL);

-- All ids of a record; kind: 0 own, 1 alias, 2 upstream, 3 related.
CREATE TABLE alias (name TEXT NOT NULL, advisory INTEGER NOT NULL, kind INTEGER NOT NULL, PRIMARY KEY (name, advisory)) WITHOUT ROWID;

-- body: JSON of assay.model.advisory.Enrichment.
CREATE TABLE fact (name TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;

CREATE TABLE lifecycle (product TEXT NOT NULL, cycle TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (product, cycle)) WITHOUT ROWID;

-- Records that could not be read.
CREATE TABLE skipped (path TEXT NOT NULL, reason TEXT NOT NULL);
