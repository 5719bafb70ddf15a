-- Which generation of policies, trust roots and advisories is in force: each replica holds to it.
CREATE TABLE generation (
    part   TEXT NOT NULL PRIMARY KEY,
    number INTEGER NOT NULL,
    digest TEXT NOT NULL, -- of what is in force
    since  REAL NOT NULL  -- seconds since 1970
);
