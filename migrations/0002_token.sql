-- What is kept about tokens and assertions: only their end.

create table revoked_token (
    token_id   uuid not null,
    client_id  text not null,
    expires_at timestamptz not null,
    revoked_at timestamptz not null,
    changed_in xid8 not null default pg_current_xact_id(),
    constraint revoked_token_pkey primary key (token_id),
    constraint revoked_token_client_id_fkey foreign key (client_id) references client (client_id)
);
create index revoked_token_changed_in_idx on revoked_token (changed_in, token_id);
create index revoked_token_expires_at_idx on revoked_token (expires_at);
comment on table revoked_token is 'Tokens ended before their time (RFC 7009); a row goes when its token would have expired.';

create function note_revocation() returns trigger language plpgsql as $$
begin
    perform pg_notify('partner_change', '');
    return null;
end $$;
create trigger revoked_token_noted after insert on revoked_token
    for each statement execute function note_revocation();

create table used_assertion (
    client_id   text not null,
    fingerprint bytea not null,
    expires_at  timestamptz not null,
    constraint used_assertion_pkey primary key (client_id, fingerprint),
    constraint used_assertion_client_id_fkey foreign key (client_id) references client (client_id),
    constraint used_assertion_fingerprint_check check (length(fingerprint) = 32)
);
create index used_assertion_expires_at_idx on used_assertion (expires_at);
comment on table used_assertion is 'Single-use assertions already exchanged (RFC 7523 s3(7)), until they expire.';
comment on column used_assertion.fingerprint is 'SHA-256 of the jti, or of the signing input where the policy is `always`.';
