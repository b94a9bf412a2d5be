-- Version 1. The body of a record stands once, in `record`; every projection is a row that names the record that spoke
-- last. Numbers of records grow with time over all contexts, so their order is that of writing.

CREATE TABLE project (name TEXT NOT NULL) STRICT;

CREATE TABLE context (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    -- The greatest fence that was seen.
    fence INTEGER NOT NULL DEFAULT 0,
    -- The lease that was not released.
    lease INTEGER
) STRICT;

-- The log. The records of an entry have consecutive numbers.
CREATE TABLE entry (
    context INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    hash BLOB NOT NULL,
    principal TEXT NOT NULL,
    at INTEGER NOT NULL,
    first INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (context, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE record (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;

-- `local` is an address without its context.
CREATE TABLE resource (
    context INTEGER NOT NULL,
    local TEXT NOT NULL,
    record INTEGER NOT NULL,
    PRIMARY KEY (context, local)
) STRICT, WITHOUT ROWID;

-- What a resource needs, by what is needed: a whole address, which may be in another context.
CREATE TABLE dependency (
    target TEXT NOT NULL,
    context INTEGER NOT NULL,
    local TEXT NOT NULL,
    tier INTEGER NOT NULL,
    soft INTEGER NOT NULL,
    PRIMARY KEY (target, context, local)
) STRICT, WITHOUT ROWID;

CREATE TABLE output (
    context INTEGER NOT NULL,
    name TEXT NOT NULL,
    record INTEGER NOT NULL,
    PRIMARY KEY (context, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE plan (
    hash BLOB NOT NULL,
    context INTEGER NOT NULL,
    record INTEGER NOT NULL,
    PRIMARY KEY (hash, context)
) STRICT, WITHOUT ROWID;

CREATE INDEX plan_by_age ON plan (context, record);

CREATE TABLE approval (
    plan BLOB NOT NULL,
    record INTEGER NOT NULL,
    PRIMARY KEY (plan, record)
) STRICT, WITHOUT ROWID;

-- `started` is the first record of a run, `record` the last.
CREATE TABLE run (
    context INTEGER NOT NULL,
    id TEXT NOT NULL,
    started INTEGER NOT NULL,
    record INTEGER NOT NULL,
    PRIMARY KEY (context, id)
) STRICT, WITHOUT ROWID;

-- Intents without an outcome.
CREATE TABLE intent (
    context INTEGER NOT NULL,
    run TEXT NOT NULL,
    step INTEGER NOT NULL,
    record INTEGER NOT NULL,
    PRIMARY KEY (context, run, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE outcome (
    context INTEGER NOT NULL,
    run TEXT NOT NULL,
    step INTEGER NOT NULL,
    record INTEGER NOT NULL,
    PRIMARY KEY (context, run, step)
) STRICT, WITHOUT ROWID;

-- Numbers that were chosen from pools, by recorded resources and by open intents. `pool` is JSON.
CREATE TABLE allocation (
    pool TEXT NOT NULL,
    number INTEGER NOT NULL,
    context INTEGER NOT NULL,
    local TEXT NOT NULL,
    PRIMARY KEY (pool, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX allocation_by_owner ON allocation (context, local);

CREATE TABLE drift (
    context INTEGER NOT NULL,
    record INTEGER NOT NULL,
    PRIMARY KEY (context, record)
) STRICT, WITHOUT ROWID;
