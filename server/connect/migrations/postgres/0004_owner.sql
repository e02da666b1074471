-- Whose connection it is in the host application; empty where people sign in through PagerDuty alone. Part of
-- `user_id`, which everything sealed is bound to: here it is found by.
ALTER TABLE connection ADD COLUMN owner TEXT NOT NULL DEFAULT '';
CREATE INDEX connection_by_owner ON connection (owner);
