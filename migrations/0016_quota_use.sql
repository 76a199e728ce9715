-- How much of their quotas clients have used.

create table quota_use (
    client_id    text not null,
    period_start date not null,
    used         bigint not null,
    constraint quota_use_pkey primary key (client_id, period_start),
    constraint quota_use_client_id_fkey foreign key (client_id) references client (client_id),
    constraint quota_use_used_check check (used >= 0)
) with (fillfactor = 70);
comment on table quota_use is 'Normalizations of a client in a period of its quota. Clients without a quota have no row.';
comment on column quota_use.period_start is 'First day of the month or of the year, in UTC.';
