-- How far imports of market data are. The version before tells and reads none.
create unlogged table market_import (
    import_id   uuid not null,
    customer_id uuid,
    kind        text not null,
    phase       text not null,
    file        integer not null,
    files       integer not null,
    done_bytes  bigint not null,
    total_bytes bigint not null,
    started_at  timestamptz not null,
    heard_at    timestamptz not null default now(),
    constraint market_import_pkey primary key (import_id),
    constraint market_import_customer_id_fkey foreign key (customer_id) references customer (customer_id) on delete cascade,
    constraint market_import_phase_check check (phase in ('reading', 'composing'))
) with (fillfactor = 50);
comment on table market_import is
    'Imports that go on, each of which updates its row every second on a connection of its own and deletes it when it ends. Unlogged: that writes no WAL and waits for no standby, and after a failover the table is empty until the next second.';
comment on column market_import.customer_id is 'Whose library it is for; null: the one that all share.';
comment on column market_import.file is 'Which of the files is read; the bytes are of this one, where files are read one after the other.';
comment on column market_import.total_bytes is '0: not known yet, or nothing is read from files.';
comment on column market_import.heard_at is 'By the clock of the database server, as all that is compared with it.';
