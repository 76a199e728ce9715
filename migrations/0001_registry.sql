-- Who may call us: customers, their clients, the clients' secrets, and the keys that seal tokens and secrets.
--
-- `changed_in` columns feed the replicas' caches: a replica asks for rows whose writing transaction was not yet
-- visible in its previous snapshot (docs/ARCHITECTURE.md, "How a change reaches every replica").

create table customer (
    customer_id uuid not null,
    name        text not null,
    created_at  timestamptz not null,
    constraint customer_pkey primary key (customer_id),
    constraint customer_name_key unique (name),
    constraint customer_name_check check (length(name) between 1 and 200)
);
comment on table customer is 'A company that uses Talentsoft and buys from the partner; owns clients and data.';

create table client (
    client_id                  text not null,
    customer_id                uuid,
    organisational_unit        text,
    grants                     text[] not null,
    scopes                     text[] not null,
    audiences                  text[] not null,
    token_ttl_seconds          integer,
    max_assertion_ttl_seconds  integer not null,
    clock_skew_seconds         integer not null,
    replay_policy              text not null,
    expires_in_format          text not null,
    requests_per_second        integer,
    secret_salt                bytea not null,
    is_enabled                 boolean not null,
    token_generation           bigint not null,
    created_at                 timestamptz not null,
    changed_in                 xid8 not null default pg_current_xact_id(),
    constraint client_pkey primary key (client_id),
    constraint client_customer_id_fkey foreign key (customer_id) references customer (customer_id),
    constraint client_id_check check (client_id ~ '^[\x20-\x7e]{1,255}$'),
    constraint client_organisational_unit_check check (length(organisational_unit) between 1 and 200),
    constraint client_grants_check check (
        grants <@ array['client_credentials', 'jwt_bearer'] and cardinality(grants) > 0),
    constraint client_token_ttl_check check (token_ttl_seconds between 60 and 3600),
    constraint client_max_assertion_ttl_check check (max_assertion_ttl_seconds between 60 and 86400),
    constraint client_clock_skew_check check (clock_skew_seconds between 0 and 300),
    constraint client_replay_policy_check check (replay_policy in ('if_jti', 'always', 'off')),
    constraint client_expires_in_format_check check (expires_in_format in ('string', 'number')),
    constraint client_requests_per_second_check check (requests_per_second between 1 and 1000000),
    constraint client_secret_salt_check check (length(secret_salt) = 16)
);
create index client_customer_id_idx on client (customer_id);
create index client_changed_in_idx on client (changed_in);
comment on table client is 'An OAuth 2.0 client: a pair of client_id and secrets, and what it may do.';
comment on column client.customer_id is 'Null: a client of the partner itself (platform, admin), not of a customer.';
comment on column client.audiences is 'Accepted aud values of assertions, compared byte for byte; empty: the service''s own.';
comment on column client.token_ttl_seconds is 'Null: PARTNER_TOKEN_TTL.';
comment on column client.requests_per_second is 'Per API; null: unlimited.';
comment on column client.secret_salt is 'argon2id salt of all secrets of this client, so that one presentation costs one hash.';
comment on column client.token_generation is 'Tokens carry the generation they were issued in; raising it ends them all, whatever any clock says.';
comment on column client.changed_in is 'Transaction that last changed this client or one of its secrets.';

create table sealing_key (
    sealing_key_id integer not null generated always as identity,
    purpose        text not null,
    sealed_key     bytea not null,
    master_key_id  text not null,
    created_at     timestamptz not null,
    active_at      timestamptz not null,
    changed_in     xid8 not null default pg_current_xact_id(),
    constraint sealing_key_pkey primary key (sealing_key_id),
    constraint sealing_key_purpose_check check (purpose in ('token', 'secret'))
);
comment on table sealing_key is 'AES-256 keys, sealed under the master key, which is never in the database.';
comment on column sealing_key.active_at is 'From when it seals; it opens from the moment a replica has read it.';
comment on column sealing_key.master_key_id is 'Fingerprint of the master key that sealed it.';

create table client_secret (
    secret_id      uuid not null,
    client_id      text not null,
    secret_hash    text not null,
    sealed_secret  bytea,
    sealing_key_id integer,
    created_at     timestamptz not null,
    expires_at     timestamptz,
    retired_at     timestamptz,
    last_used_at   timestamptz,
    constraint client_secret_pkey primary key (secret_id),
    constraint client_secret_client_id_fkey foreign key (client_id) references client (client_id),
    constraint client_secret_sealing_key_id_fkey foreign key (sealing_key_id) references sealing_key (sealing_key_id),
    constraint client_secret_sealed_check check ((sealed_secret is null) = (sealing_key_id is null))
);
create index client_secret_client_id_idx on client_secret (client_id);
comment on table client_secret is 'One secret of a client. Several may be live at once, so that rotation overlaps.';
comment on column client_secret.secret_hash is 'argon2id, PHC string.';
comment on column client_secret.sealed_secret is 'The secret itself, AES-256-GCM-SIV; only where the client may use the assertion grant, whose MAC needs it.';
comment on column client_secret.last_used_at is 'Within some seconds: replicas report it in batches.';

create table audit_event (
    audit_event_id bigint not null generated always as identity,
    at             timestamptz not null,
    actor_kind     text not null,
    actor          text not null,
    action         text not null,
    subject_kind   text not null,
    subject        text not null,
    detail         jsonb not null,
    constraint audit_event_pkey primary key (audit_event_id),
    constraint audit_event_actor_kind_check check (actor_kind in ('os_user', 'client', 'system'))
);
create index audit_event_subject_idx on audit_event (subject_kind, subject);
comment on table audit_event is 'Every change of the registry, written in the transaction that made it. Holds no secret.';

create function note_registry_change() returns trigger language plpgsql as $$
begin
    new.changed_in := pg_current_xact_id();
    perform pg_notify('partner_change', '');
    return new;
end $$;
create trigger client_changed before insert or update on client
    for each row execute function note_registry_change();
create trigger sealing_key_changed before insert or update on sealing_key
    for each row execute function note_registry_change();

create function note_client_secret_change() returns trigger language plpgsql as $$
begin
    update client set changed_in = pg_current_xact_id() where client_id = coalesce(new.client_id, old.client_id);
    return null;
end $$;
-- Not on last_used_at, which changes all the time and which no cache holds.
create trigger client_secret_changed
    after insert or delete or update of secret_hash, sealed_secret, sealing_key_id, expires_at, retired_at on client_secret
    for each row execute function note_client_secret_change();
