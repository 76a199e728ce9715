-- The people who sign in at the console, and their sessions. The version before knows neither.

create table staff (
    staff_id        uuid not null,
    sign_in_name    text not null,
    name            text not null,
    role            text not null,
    password_hash   text,
    is_enabled      boolean not null,
    language        text,
    theme           text,
    signed_in_at    timestamptz,
    created_at      timestamptz not null,
    constraint staff_pkey primary key (staff_id),
    constraint staff_sign_in_name_key unique (sign_in_name),
    constraint staff_sign_in_name_check check (sign_in_name ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
    constraint staff_name_check check (length(name) between 1 and 200),
    constraint staff_role_check check (role in ('viewer', 'operator', 'admin'))
);
comment on table staff is 'A person who signs in at the console, and what that person may do there.';
comment on column staff.sign_in_name is 'What the audit trail calls the person; never reused, because accounts are disabled and not deleted.';
comment on column staff.password_hash is 'argon2id, PHC string; null: there is no password, and the person signs in with the company.';
comment on column staff.language is 'Null: as the browser asks.';
comment on column staff.theme is 'Null: as the system is set.';
comment on column staff.signed_in_at is 'When the person last signed in.';

create table staff_session (
    session_hash   bytea not null,
    session_number uuid not null,
    staff_id       uuid not null,
    stage          text not null,
    form_key       bytea not null,
    created_at     timestamptz not null,
    seen_at        timestamptz not null,
    expires_at     timestamptz not null,
    elevated_until timestamptz,
    address        text,
    user_agent     text not null,
    constraint staff_session_pkey primary key (session_hash),
    constraint staff_session_session_number_key unique (session_number),
    constraint staff_session_staff_id_fkey foreign key (staff_id) references staff (staff_id),
    constraint staff_session_session_hash_check check (length(session_hash) = 32),
    constraint staff_session_form_key_check check (length(form_key) = 32),
    constraint staff_session_stage_check check (stage in ('code', 'signed_in')),
    constraint staff_session_user_agent_check check (length(user_agent) <= 200)
);
create index staff_session_staff_id_idx on staff_session (staff_id);
create index staff_session_expires_at_idx on staff_session (expires_at);
comment on table staff_session is 'One sign-in of one person in one browser.';
comment on column staff_session.session_hash is 'SHA-256 of the 256 random bits in the cookie.';
comment on column staff_session.session_number is 'Names the session in the list of one''s sessions; it does not open it.';
comment on column staff_session.stage is 'code: the password was right, and the second factor is still asked for.';
comment on column staff_session.form_key is 'Forms of this session carry HMAC-SHA256 of their name under this key.';
comment on column staff_session.seen_at is 'Within a minute.';
comment on column staff_session.elevated_until is 'Until then nobody is asked for password and code again.';

create table staff_failure (
    count_key  bytea not null,
    used_until timestamptz not null,
    staff_id   uuid,
    constraint staff_failure_pkey primary key (count_key),
    constraint staff_failure_count_key_check check (length(count_key) = 32)
);
create index staff_failure_used_until_idx on staff_failure (used_until);
create index staff_failure_staff_id_idx on staff_failure (staff_id);
comment on table staff_failure is 'How often sign-in failed: for an address, for an account, and for both together.';
comment on column staff_failure.count_key is 'SHA-256 of what is counted.';
comment on column staff_failure.staff_id is 'Whose sign-ins are counted; null: those of an address, or of a name that nobody has.';
comment on column staff_failure.used_until is 'The count as one instant (GCRA): each failure moves it on by a fixed time, and failures are forgotten at it.';
