-- Second factors: codes by time (TOTP, RFC 6238), and recovery codes.

create table staff_totp (
    staff_id       uuid not null,
    sealed_key     bytea not null,
    sealing_key_id integer not null,
    last_step      bigint not null,
    confirmed_at   timestamptz,
    created_at     timestamptz not null,
    constraint staff_totp_pkey primary key (staff_id),
    constraint staff_totp_staff_id_fkey foreign key (staff_id) references staff (staff_id),
    constraint staff_totp_sealing_key_id_fkey foreign key (sealing_key_id) references sealing_key (sealing_key_id)
);
comment on table staff_totp is 'The key of a person''s authenticator app.';
comment on column staff_totp.sealed_key is 'AES-256-GCM-SIV under a key for secrets.';
comment on column staff_totp.last_step is 'The step of 30 seconds of the last code that was accepted: a code is good once.';
comment on column staff_totp.confirmed_at is 'Null: it was shown, and no code of it was entered yet; it is not asked for.';

create table staff_recovery_code (
    staff_id  uuid not null,
    code_hash bytea not null,
    constraint staff_recovery_code_pkey primary key (staff_id, code_hash),
    constraint staff_recovery_code_staff_id_fkey foreign key (staff_id) references staff (staff_id),
    constraint staff_recovery_code_code_hash_check check (length(code_hash) = 32)
);
comment on table staff_recovery_code is 'A code for who has lost the authenticator app; deleted when it is used.';
comment on column staff_recovery_code.code_hash is 'SHA-256: a code has 100 random bits, so nobody finds it by trying.';
