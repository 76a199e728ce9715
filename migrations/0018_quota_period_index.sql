-- no-transaction
-- Housekeeping finds by it what clients used in years that are over.
drop index concurrently if exists quota_use_period_start_idx;
create index concurrently quota_use_period_start_idx on quota_use (period_start);
