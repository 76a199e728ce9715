-- How many tokens were issued, by client and hour. The version before writes none.
create table token_count (
    client_id text not null,
    hour      timestamptz not null,
    issued    bigint not null,
    constraint token_count_pkey primary key (client_id, hour)
) with (fillfactor = 70);
create index token_count_hour_idx on token_count (hour);
comment on table token_count is 'Tokens issued to one client, and to all together, in one hour. Kept for some days.';
comment on column token_count.client_id is 'Empty: all clients together.';
