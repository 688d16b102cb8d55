-- Version 1. Times are seconds since 1970-01-01 00:00 UTC. Lists are JSON.

CREATE TABLE run (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    key         TEXT NOT NULL,              -- digest of everything that the run depends on
    started     INTEGER NOT NULL,
    finished    INTEGER NOT NULL,
    exit_code   INTEGER NOT NULL,
    tool        TEXT NOT NULL,              -- version of wimspect
    inf_db      TEXT NOT NULL,              -- digest of its knowledge
    errors      INTEGER NOT NULL,           -- findings that count, by severity
    warnings    INTEGER NOT NULL,
    notes       INTEGER NOT NULL,
    not_counted INTEGER NOT NULL,           -- ignored by the policy or accepted by the baseline
    packages    INTEGER NOT NULL,
    images      INTEGER NOT NULL,
    problems    INTEGER NOT NULL,           -- parts of the inputs that could not be read
    missing     INTEGER NOT NULL,           -- inputs that could not be read at all
    coverage    TEXT                        -- JSON; NULL without a fleet
) STRICT;

CREATE TABLE input (
    id        INTEGER PRIMARY KEY,
    from_run  INTEGER NOT NULL,
    until_run INTEGER REFERENCES run(id),
    kind      TEXT NOT NULL,                -- share, boot-image, fleet
    path      TEXT NOT NULL,                -- as given
    name      TEXT NOT NULL,                -- as places in reports name it
    missing   TEXT,                         -- why it could not be read; NULL = it was read
    unread    TEXT NOT NULL                 -- JSON list: what in it could not be read
) STRICT;

CREATE TABLE package (
    id        INTEGER PRIMARY KEY,
    from_run  INTEGER NOT NULL,
    until_run INTEGER REFERENCES run(id),
    share     TEXT NOT NULL,                -- input.path
    path      TEXT NOT NULL,                -- of the INF, below the share
    driver    TEXT NOT NULL,                -- drv- and the first 16 hex digits of the SHA-256 of the INF
    inf       TEXT NOT NULL,
    class     TEXT,
    provider  TEXT,
    date      TEXT,                         -- of DriverVer, 2012-02-01
    version   TEXT
) STRICT;

CREATE TABLE image (
    id          INTEGER PRIMARY KEY,
    from_run    INTEGER NOT NULL,
    until_run   INTEGER REFERENCES run(id),
    file        TEXT NOT NULL,              -- input.path
    image_index INTEGER NOT NULL,
    name        TEXT,
    os_version  TEXT,
    arch        TEXT,
    winpe       TEXT,                       -- id of the release
    kind        TEXT NOT NULL,
    fit         INTEGER,                    -- 1 fit for distribution, 0 not, NULL not judged
    guid        TEXT,
    sha256      TEXT,
    components  TEXT NOT NULL,              -- JSON list
    unread      TEXT NOT NULL               -- JSON list
) STRICT;

CREATE TABLE image_driver (
    id             INTEGER PRIMARY KEY,
    from_run       INTEGER NOT NULL,
    until_run      INTEGER REFERENCES run(id),
    file           TEXT NOT NULL,           -- of its image
    image_index    INTEGER NOT NULL,
    inf            TEXT NOT NULL,
    origin         TEXT NOT NULL,           -- inbox, injected
    driver         TEXT NOT NULL,
    published_name TEXT,                    -- oem3.inf
    class          TEXT,
    provider       TEXT,
    date           TEXT,
    version        TEXT,
    path           TEXT NOT NULL            -- of the INF, in the image
) STRICT;

CREATE TABLE finding (
    id          INTEGER PRIMARY KEY,
    from_run    INTEGER NOT NULL,
    until_run   INTEGER REFERENCES run(id),
    fingerprint TEXT NOT NULL,
    rule        TEXT NOT NULL,
    severity    TEXT NOT NULL,
    confidence  TEXT NOT NULL,
    message     TEXT NOT NULL,
    path        TEXT NOT NULL,
    line        INTEGER,
    targets     TEXT NOT NULL,              -- JSON list
    suppressed  TEXT,                       -- JSON: by, reason, until; NULL = it counts
    known       INTEGER,                    -- 1 the baseline knew it, 0 not, NULL without a baseline
    inputs      TEXT NOT NULL               -- JSON list of input.path
) STRICT;

CREATE INDEX finding_fingerprint ON finding(fingerprint);

-- When a finding was seen first; stays when the runs of that time are pruned.
CREATE TABLE sighting (
    fingerprint TEXT PRIMARY KEY,
    first_run   INTEGER NOT NULL,
    first_seen  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Outputs of the newest run, parted where the section stands that says what changed.
CREATE TABLE template (
    name TEXT PRIMARY KEY,
    head BLOB NOT NULL,
    tail BLOB NOT NULL
) STRICT;

CREATE VIEW finding_seen AS
SELECT seen.fingerprint, sighting.first_run, sighting.first_seen, run.id AS last_run, run.finished AS last_seen
FROM (
    SELECT fingerprint, MAX(CASE
        WHEN until_run IS NULL THEN (SELECT MAX(id) FROM run)
        ELSE (SELECT MAX(id) FROM run WHERE id < until_run) END) AS last_run
    FROM finding GROUP BY fingerprint
) AS seen
JOIN sighting ON sighting.fingerprint = seen.fingerprint
JOIN run ON run.id = seen.last_run;
