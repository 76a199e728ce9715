-- What the platform has already been answered.

create table idempotency_key (
    client_id      text not null,
    key            text not null,
    request_digest bytea not null,
    status         smallint,
    location       text,
    body           text,
    created_at     timestamptz not null,
    constraint idempotency_key_pkey primary key (client_id, key),
    constraint idempotency_key_client_id_fkey foreign key (client_id) references client (client_id),
    constraint idempotency_key_key_check check (length(key) between 1 and 255),
    constraint idempotency_key_request_digest_check check (length(request_digest) = 32)
);
create index idempotency_key_created_at_idx on idempotency_key (created_at);
comment on table idempotency_key is 'A POST that was done, and its answer, so that a repetition does nothing and is answered alike. Holds no personal data.';
comment on column idempotency_key.request_digest is 'SHA-256 of method, path and body: another request under the same key is refused.';
comment on column idempotency_key.status is 'Null only within the transaction that does it.';
