-- What happened to connections, one line each, chained; see the crate's vault::audit. Nobody's name or address stands here,
-- but for ids that a host application has for its users.

CREATE TABLE audit_line (
    seq         BIGINT  NOT NULL PRIMARY KEY,   -- 1, 2, 3, … without a gap
    at          BIGINT  NOT NULL,
    event       TEXT    NOT NULL,
    user_id     TEXT    NOT NULL,               -- whose; it outlives their connection
    detail      TEXT    NOT NULL,               -- a JSON object
    before_hash BYTEA   NOT NULL,               -- of the line before
    hash        BYTEA   NOT NULL
);

-- One row, which says how many lines there are and how the last one ends.
CREATE TABLE audit_head (
    name      TEXT    NOT NULL PRIMARY KEY CHECK (name = 'audit'),
    key_id    TEXT    NOT NULL REFERENCES vault_key (key_id),
    data_key  BYTEA   NOT NULL,                 -- the chain's own key, wrapped with `key_id`
    lines     BIGINT  NOT NULL,
    last_hash BYTEA   NOT NULL,
    mark      BYTEA   NOT NULL                  -- of the two before
);
