-- How often a secret was accepted, by hour and address. The version before writes only client_secret.last_used_at.
create table secret_use (
    secret_id uuid not null,
    hour      timestamptz not null,
    address   text not null,
    uses      bigint not null,
    first_at  timestamptz not null,
    last_at   timestamptz not null,
    constraint secret_use_pkey primary key (secret_id, hour, address)
) with (fillfactor = 70);
create index secret_use_hour_idx on secret_use (hour);
comment on table secret_use is 'How often one secret of a client was accepted from one address in one hour. Kept for some days.';
comment on column secret_use.address is 'Empty: an address that a proxy does not tell, or any beyond the first of an hour that had too many.';
