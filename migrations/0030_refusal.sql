-- Why calls were refused: some of each client's and each unknown caller's, for PARTNER_REFUSAL_DAYS.

create table refusal (
    refusal_id        uuid not null,
    at                timestamptz not null,
    request_id        text not null,
    client_id         text,
    claimed_client_id text,
    network           text not null,
    address           text not null,
    method            text not null,
    route             text not null,
    status            integer not null,
    reason            text not null,
    checks            jsonb,
    constraint refusal_pkey primary key (refusal_id),
    constraint refusal_request_id_check check (length(request_id) <= 64),
    constraint refusal_claimed_client_id_check check (length(claimed_client_id) <= 9)
);
create index refusal_request_id_idx on refusal (request_id);
create index refusal_client_id_idx on refusal (client_id, refusal_id);
create index refusal_reason_idx on refusal (reason, refusal_id);
create index refusal_address_idx on refusal (address, refusal_id);
comment on table refusal is 'A call that was refused at an OAuth endpoint, by the guard or by a limit. Holds no secret, token or assertion, and no name or e-mail address.';
comment on column refusal.refusal_id is 'UUIDv7 of the time of the refusal: the order of time.';
comment on column refusal.request_id is 'X-Request-Id of the answer. Callers may choose it, so several calls may have the same.';
comment on column refusal.client_id is 'Null: the call named no client that is registered.';
comment on column refusal.claimed_client_id is 'The beginning of an identifier that nobody has.';
comment on column refusal.network is 'Under which it is counted in refusal_count: the network of a caller that is not known; empty for a client.';
comment on column refusal.route is 'The pattern of the route, without what the caller wrote in the path or the query.';
comment on column refusal.checks is 'Every check of a refused assertion, as of the refusal.';
