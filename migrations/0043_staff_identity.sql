-- Who a person is at the company's identity provider (OpenID Connect), and sign-ins there that have begun.

create table staff_identity (
    issuer   text not null,
    subject  text not null,
    staff_id uuid not null,
    linked_at timestamptz not null,
    constraint staff_identity_pkey primary key (issuer, subject),
    constraint staff_identity_staff_id_fkey foreign key (staff_id) references staff (staff_id),
    constraint staff_identity_issuer_check check (length(issuer) between 1 and 2000),
    constraint staff_identity_subject_check check (length(subject) between 1 and 255)
);
create index staff_identity_staff_id_idx on staff_identity (staff_id);
comment on table staff_identity is 'The account of a person at an identity provider, by its issuer and subject and never by an e-mail address.';

create table staff_provider_visit (
    state_hash   bytea not null,
    sealed       bytea not null,
    sealing_key_id integer not null,
    session_number uuid,
    began_at     timestamptz not null,
    constraint staff_provider_visit_pkey primary key (state_hash),
    constraint staff_provider_visit_state_hash_check check (length(state_hash) = 32)
);
create index staff_provider_visit_began_at_idx on staff_provider_visit (began_at);
comment on table staff_provider_visit is 'A sign-in that has begun at the identity provider; deleted when it comes back, so it comes back once.';
comment on column staff_provider_visit.state_hash is 'SHA-256 of the state, which is also in a cookie of the browser that began.';
comment on column staff_provider_visit.sealed is 'nonce and PKCE verifier, AES-256-GCM-SIV under a key for secrets.';
comment on column staff_provider_visit.session_number is 'The session that asks for re-authentication or is to be linked; null: a sign-in.';
