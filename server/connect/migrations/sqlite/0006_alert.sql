-- Who looks after the program hears of each connection that only its person can mend, once when it breaks and once when
-- that is over. Nothing here is sealed: ids, reasons and times.

-- What was told to be broken, and of which generation: a crash between the break and the word about it loses nothing.
CREATE TABLE alarm (
    user_id    TEXT    NOT NULL PRIMARY KEY,
    generation INTEGER NOT NULL
) STRICT;
CREATE INDEX connection_broken ON connection (user_id, generation) WHERE reason IS NOT NULL;

-- What is still to be told, by each way. It outlives the connection. `due_at` is milliseconds by the database's clock.
CREATE TABLE alert (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,  -- of two about one person, the first goes first
    id       BLOB    NOT NULL,              -- by which a receiver tells doubles
    user_id  TEXT    NOT NULL,
    way      TEXT    NOT NULL,
    news     TEXT    NOT NULL,              -- the reason; or how it ended
    noted_at INTEGER NOT NULL,
    due_at   INTEGER NOT NULL,
    tries    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX alert_by_id ON alert (id);
CREATE INDEX alert_by_person ON alert (user_id, way, number);
