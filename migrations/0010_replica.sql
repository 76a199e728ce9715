-- Replicas divide the limits among them, so they have to know how many they are.

create unlogged table replica (
    replica_id uuid not null,
    seen_at    timestamptz not null default now(),
    constraint replica_pkey primary key (replica_id)
) with (fillfactor = 50);
comment on table replica is
    'Running replicas, each of which updates its row every second and deletes it when it stops. Unlogged: a heartbeat writes no WAL and waits for no standby, and after a failover the table is empty until the next second.';
comment on column replica.seen_at is 'By the clock of the database server, as all that is compared with it.';
