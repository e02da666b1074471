-- Files of users or services that were loaded, and the journal of what became of each row. Every import has a data key
-- of its own; what people wrote, and who they are, stands sealed with it. Times as elsewhere: `lease_until` and
-- `retry_at` are milliseconds by the database's clock.

CREATE TABLE import (
    id           TEXT    NOT NULL PRIMARY KEY,  -- random
    user_id      TEXT    NOT NULL,              -- whose; it outlives their connection
    key_id       TEXT    NOT NULL REFERENCES vault_key (key_id),
    data_key     BLOB    NOT NULL,
    state        TEXT    NOT NULL,
    why          TEXT,                          -- what it waits for a person to do
    about_sealed BLOB    NOT NULL,
    created_at   INTEGER NOT NULL,
    started_at   INTEGER,
    ended_at     INTEGER,
    changes      INTEGER NOT NULL DEFAULT 0,    -- counts what became of its rows
    lease_owner  TEXT,
    lease_until  INTEGER,
    retry_at     INTEGER
) STRICT;
CREATE INDEX import_by_user ON import (user_id, created_at);
CREATE INDEX import_by_state ON import (state);
-- One at a time for each connection.
CREATE UNIQUE INDEX import_under_way ON import (user_id) WHERE state IN ('running', 'paused');

CREATE TABLE import_row (
    import_id      TEXT    NOT NULL REFERENCES import (id) ON DELETE CASCADE,
    number         INTEGER NOT NULL,            -- in the order of the file, from 1
    action         TEXT    NOT NULL,
    state          TEXT    NOT NULL,
    calls          INTEGER NOT NULL DEFAULT 0,
    tries          INTEGER NOT NULL DEFAULT 0,
    remote_id      TEXT,                        -- PagerDuty's id of what was made
    changed        INTEGER NOT NULL DEFAULT 0,  -- `changes` of the import, when this last changed
    row_sealed     BLOB    NOT NULL,
    plan_sealed    BLOB,
    outcome_sealed BLOB,
    PRIMARY KEY (import_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX import_row_by_state ON import_row (import_id, state, number);
-- Enough to count them by, without a look at what is sealed.
CREATE INDEX import_row_by_action ON import_row (import_id, action, state, calls);
CREATE INDEX import_row_by_change ON import_row (import_id, changed);
