-- Version 2. Logs can be compacted: records of no entry, which stand for the entries of a context that are gone. Their
-- numbers tell their order.

CREATE TABLE kept (
    context INTEGER NOT NULL,
    record INTEGER NOT NULL,
    PRIMARY KEY (context, record)
) STRICT, WITHOUT ROWID;
