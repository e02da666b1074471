-- Everything a person's connection needs. `sealed` columns hold ciphertext (see
-- the crate's vault::seal); ids of attempts and sessions are SHA-256 hashes of
-- values only the browser holds. Times are Unix seconds by the program's clock;
-- `lease_until`, `retry_at` and `due_at` are milliseconds by the database's.

CREATE TABLE vault_key (
    key_id  TEXT    NOT NULL PRIMARY KEY,
    sealed  BLOB    NOT NULL,             -- a known text: tells a wrong key at the start
    current INTEGER NOT NULL              -- 1 for the key that seals; the others only open
) STRICT;

CREATE TABLE attempt (
    id         BLOB    NOT NULL PRIMARY KEY,  -- hash of `state`
    browser    BLOB    NOT NULL,              -- hash of the cookie that binds it to one browser
    key_id     TEXT    NOT NULL REFERENCES vault_key (key_id),
    sealed     BLOB    NOT NULL,
    started_at INTEGER NOT NULL,
    used_at    INTEGER
) STRICT;
CREATE INDEX attempt_by_age ON attempt (started_at);

CREATE TABLE connection (
    user_id       TEXT    NOT NULL PRIMARY KEY,  -- account id / user id
    generation    INTEGER NOT NULL,              -- counts the refresh tokens; every write is fenced by it
    key_id        TEXT    NOT NULL REFERENCES vault_key (key_id),
    data_key      BLOB    NOT NULL,              -- this connection's own key, wrapped with `key_id`
    tokens_sealed BLOB    NOT NULL,
    about_sealed  BLOB    NOT NULL,
    connected_at  INTEGER NOT NULL,
    refreshed_at  INTEGER NOT NULL,
    access_until  INTEGER NOT NULL,
    idle_until    INTEGER NOT NULL,
    window_until  INTEGER NOT NULL,
    reason        TEXT,                          -- why the person must connect again
    sends         INTEGER NOT NULL DEFAULT 0,    -- how often this generation's refresh token may have been redeemed
    lease_owner   TEXT,
    lease_until   INTEGER,
    failures      INTEGER NOT NULL DEFAULT 0,
    retry_at      INTEGER,
    trouble       TEXT,
    trouble_at    INTEGER
) STRICT;
CREATE INDEX connection_by_idle ON connection (idle_until);

CREATE TABLE session (
    id         BLOB    NOT NULL PRIMARY KEY,  -- hash of the cookie
    user_id    TEXT    NOT NULL REFERENCES connection (user_id) ON DELETE CASCADE,
    browser    TEXT    NOT NULL,              -- "Chrome on Linux", and no more of it
    started_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    ended      TEXT                           -- why it no longer counts
) STRICT;
CREATE INDEX session_by_user ON session (user_id);

-- Tokens to revoke at PagerDuty, kept until that is done.
CREATE TABLE revocation (
    id         BLOB    NOT NULL PRIMARY KEY,
    key_id     TEXT    NOT NULL REFERENCES vault_key (key_id),
    sealed     BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    due_at     INTEGER NOT NULL,
    tries      INTEGER NOT NULL DEFAULT 0
) STRICT;
