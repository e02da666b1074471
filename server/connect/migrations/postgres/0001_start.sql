-- Everything a person's connection needs. `sealed` columns hold ciphertext (see
-- the crate's vault::seal); ids of attempts and sessions are SHA-256 hashes of
-- values only the browser holds. Times are Unix seconds by the program's clock;
-- `lease_until`, `retry_at` and `due_at` are milliseconds by the database's.

CREATE TABLE vault_key (
    key_id  TEXT    NOT NULL PRIMARY KEY,
    sealed  BYTEA   NOT NULL,             -- a known text: tells a wrong key at the start
    current BIGINT  NOT NULL              -- 1 for the key that seals; the others only open
);

CREATE TABLE attempt (
    id         BYTEA   NOT NULL PRIMARY KEY,  -- hash of `state`
    browser    BYTEA   NOT NULL,              -- hash of the cookie that binds it to one browser
    key_id     TEXT    NOT NULL REFERENCES vault_key (key_id),
    sealed     BYTEA   NOT NULL,
    started_at BIGINT  NOT NULL,
    used_at    BIGINT
);
CREATE INDEX attempt_by_age ON attempt (started_at);

CREATE TABLE connection (
    user_id       TEXT    NOT NULL PRIMARY KEY,  -- account id / user id
    generation    BIGINT  NOT NULL,              -- counts the refresh tokens; every write is fenced by it
    key_id        TEXT    NOT NULL REFERENCES vault_key (key_id),
    data_key      BYTEA   NOT NULL,              -- this connection's own key, wrapped with `key_id`
    tokens_sealed BYTEA   NOT NULL,
    about_sealed  BYTEA   NOT NULL,
    connected_at  BIGINT  NOT NULL,
    refreshed_at  BIGINT  NOT NULL,
    access_until  BIGINT  NOT NULL,
    idle_until    BIGINT  NOT NULL,
    window_until  BIGINT  NOT NULL,
    reason        TEXT,                          -- why the person must connect again
    sends         BIGINT  NOT NULL DEFAULT 0,    -- how often this generation's refresh token may have been redeemed
    lease_owner   TEXT,
    lease_until   BIGINT,
    failures      BIGINT  NOT NULL DEFAULT 0,
    retry_at      BIGINT,
    trouble       TEXT,
    trouble_at    BIGINT
);
CREATE INDEX connection_by_idle ON connection (idle_until);

CREATE TABLE session (
    id         BYTEA   NOT NULL PRIMARY KEY,  -- hash of the cookie
    user_id    TEXT    NOT NULL REFERENCES connection (user_id) ON DELETE CASCADE,
    browser    TEXT    NOT NULL,              -- "Chrome on Linux", and no more of it
    started_at BIGINT  NOT NULL,
    seen_at    BIGINT  NOT NULL,
    ended      TEXT                           -- why it no longer counts
);
CREATE INDEX session_by_user ON session (user_id);

-- Tokens to revoke at PagerDuty, kept until that is done.
CREATE TABLE revocation (
    id         BYTEA   NOT NULL PRIMARY KEY,
    key_id     TEXT    NOT NULL REFERENCES vault_key (key_id),
    sealed     BYTEA   NOT NULL,
    created_at BIGINT  NOT NULL,
    due_at     BIGINT  NOT NULL,
    tries      BIGINT  NOT NULL DEFAULT 0
);
