-- Who said who the people are whose connections are kept here: PagerDuty, or a sandbox in which anybody can be anybody.
-- The one is never gone on with as the other.
CREATE TABLE origin (
    one  SMALLINT NOT NULL PRIMARY KEY CHECK (one = 1),
    code TEXT NOT NULL CHECK (code IN ('pagerduty', 'sandbox'))
);
