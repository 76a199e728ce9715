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
    visit_hash     bytea not null,
    purpose        text not null,
    session_number uuid,
    next_path      text,
    began_at       timestamptz not null,
    constraint staff_provider_visit_pkey primary key (visit_hash),
    constraint staff_provider_visit_visit_hash_check check (length(visit_hash) = 32),
    constraint staff_provider_visit_purpose_check check (purpose in ('sign_in', 'confirm', 'link')),
    constraint staff_provider_visit_session_check check ((purpose = 'sign_in') = (session_number is null))
);
create index staff_provider_visit_began_at_idx on staff_provider_visit (began_at);
comment on table staff_provider_visit is 'A visit to the identity provider that has begun; deleted when it comes back, so it comes back once.';
comment on column staff_provider_visit.visit_hash is 'SHA-256 of the 256 random bits in a cookie of the browser that began; state, nonce and PKCE verifier are derived from those.';
comment on column staff_provider_visit.session_number is 'The session that asks for re-authentication or is to be linked.';
comment on column staff_provider_visit.next_path is 'What opens afterwards: a path of the console that was asked for.';
