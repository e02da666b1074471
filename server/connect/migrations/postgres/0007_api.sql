-- Keys that other programs ask for identities with. Only the hash of one is kept; times are Unix seconds.
CREATE TABLE api_key (
    id         TEXT    NOT NULL PRIMARY KEY,  -- to speak of it by
    hash       BYTEA   NOT NULL UNIQUE,       -- SHA-256 of the key
    name       TEXT    NOT NULL,
    scopes     TEXT    NOT NULL,              -- what it may do
    return_to  TEXT    NOT NULL,              -- origins that its links may lead back to
    created_at BIGINT  NOT NULL,
    expires_at BIGINT,
    used_at    BIGINT,                        -- last, to the minute
    revoked_at BIGINT
);

-- Links by which another application hands a user of its own over, to be connected.
CREATE TABLE connect_link (
    id         BYTEA   NOT NULL PRIMARY KEY,  -- hash of the value in the link
    key_id     TEXT    NOT NULL REFERENCES api_key (id) ON DELETE CASCADE,
    owner      TEXT    NOT NULL,
    scopes     TEXT    NOT NULL,              -- to ask for beside the usual
    return_to  TEXT    NOT NULL,
    created_at BIGINT  NOT NULL,
    used_at    BIGINT
);
CREATE INDEX connect_link_by_age ON connect_link (created_at);
