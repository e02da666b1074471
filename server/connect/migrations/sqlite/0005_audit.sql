-- What happened to connections, one line each, chained; see the crate's vault::audit. Nobody's name or address stands here,
-- but for ids that a host application has for its users.

CREATE TABLE audit_line (
    seq         INTEGER NOT NULL PRIMARY KEY,   -- 1, 2, 3, … without a gap
    at          INTEGER NOT NULL,
    event       TEXT    NOT NULL,
    user_id     TEXT    NOT NULL,               -- whose; it outlives their connection
    detail      TEXT    NOT NULL,               -- a JSON object
    before_hash BLOB    NOT NULL,               -- of the line before
    hash        BLOB    NOT NULL
) STRICT;

-- One row, which says how many lines there are and how the last one ends.
CREATE TABLE audit_head (
    name      TEXT    NOT NULL PRIMARY KEY CHECK (name = 'audit'),
    key_id    TEXT    NOT NULL REFERENCES vault_key (key_id),
    data_key  BLOB    NOT NULL,                 -- the chain's own key, wrapped with `key_id`
    lines     INTEGER NOT NULL,
    last_hash BLOB    NOT NULL,
    mark      BLOB    NOT NULL                  -- of the two before
) STRICT;
