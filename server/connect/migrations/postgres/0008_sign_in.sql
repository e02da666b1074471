-- The last sign-in that failed by how the app is set up, until one goes well: for whoever looks after it.
CREATE TABLE sign_in_trouble (
    one    SMALLINT NOT NULL PRIMARY KEY CHECK (one = 1),
    code   TEXT NOT NULL,
    detail TEXT NOT NULL,  -- names of scopes, or of a region; nothing of a person
    at     BIGINT NOT NULL
);
