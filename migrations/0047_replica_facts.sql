-- What each replica says of itself. The version before writes none of it.
alter table replica
    add column version        text,
    add column started_at     timestamptz,
    add column database_state text,
    add column feed_lag_ms    bigint;
comment on column replica.started_at is 'When its process began to serve, by its own clock.';
comment on column replica.database_state is 'What it found the database to be: up, read-only, standby, away or unknown.';
comment on column replica.feed_lag_ms is 'Milliseconds that its memory was behind the database at the heartbeat.';
