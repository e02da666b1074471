-- Everything a person's connection needs. Columns named `sealed` hold ciphertext
-- (see the crate's vault::seal); ids of attempts and sessions are SHA-256 hashes
-- of values only the browser holds. Times are Unix seconds.

CREATE TABLE vault_key (
    key_id TEXT NOT NULL PRIMARY KEY,
    sealed BLOB NOT NULL              -- a known text: tells a wrong key at the start
) STRICT;

CREATE TABLE attempt (
    id         BLOB    NOT NULL PRIMARY KEY,  -- hash of `state`
    browser    BLOB    NOT NULL,              -- hash of the cookie that binds it to one browser
    sealed     BLOB    NOT NULL,
    started_at INTEGER NOT NULL,
    used_at    INTEGER
) STRICT;
CREATE INDEX attempt_by_age ON attempt (started_at);

CREATE TABLE connection (
    user          TEXT    NOT NULL PRIMARY KEY,  -- account id / user id
    generation    INTEGER NOT NULL,              -- counts the writes of `tokens_sealed`
    tokens_sealed BLOB    NOT NULL,
    about_sealed  BLOB    NOT NULL,
    updated_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
    id         BLOB    NOT NULL PRIMARY KEY,  -- hash of the cookie
    user       TEXT    NOT NULL REFERENCES connection (user) ON DELETE CASCADE,
    started_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX session_by_user ON session (user);
