-- What a workload may go on to run: images that satisfied a policy for it once.
CREATE TABLE admitted (
    which TEXT NOT NULL PRIMARY KEY, -- SHA-256 of policy, workload and image
    time  REAL NOT NULL              -- seconds since 1970, of the last time
);
CREATE INDEX admitted_by_time ON admitted (time);
