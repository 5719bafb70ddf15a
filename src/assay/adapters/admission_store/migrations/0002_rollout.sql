-- How far the stages of a policy's rollout have come: what its gates are judged by. Times are seconds since 1970.
CREATE TABLE rollout_stage (
    policy   TEXT NOT NULL,
    stage    TEXT NOT NULL,
    demands  TEXT NOT NULL, -- digest of what the policy demands
    observed REAL NOT NULL, -- watched since then
    last     REAL,          -- the last new violation
    who      TEXT NOT NULL, -- the workload of that one
    opened   REAL,          -- when the gates held
    PRIMARY KEY (policy, stage)
);

-- What workloads broke while a policy was not in force for them.
CREATE TABLE rollout_violation (
    policy    TEXT NOT NULL,
    stage     TEXT NOT NULL,
    namespace TEXT NOT NULL,
    kind      TEXT NOT NULL,
    name      TEXT NOT NULL,
    rule      TEXT NOT NULL,
    image     TEXT NOT NULL,
    first     REAL NOT NULL,
    last      REAL NOT NULL,
    PRIMARY KEY (policy, namespace, kind, name, rule, image)
);
CREATE INDEX rollout_violation_by_time ON rollout_violation (last);
