-- PagerDuty's limit is for each app and user, whichever replica calls: until then none does.
ALTER TABLE connection ADD COLUMN paused_until BIGINT;  -- on the database's clock, in milliseconds
