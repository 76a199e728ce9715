-- Forms that wait while the company's identity provider asks the person once more. The version before keeps none.
create table staff_kept_form (
    kept_form_id   uuid not null,
    session_number uuid not null,
    path           text not null,
    form_name      text not null,
    fields         jsonb not null,
    created_at     timestamptz not null,
    constraint staff_kept_form_pkey primary key (kept_form_id),
    constraint staff_kept_form_session_number_fkey foreign key (session_number)
        references staff_session (session_number) on delete cascade
);
create index staff_kept_form_session_number_idx on staff_kept_form (session_number);
create index staff_kept_form_created_at_idx on staff_kept_form (created_at);
comment on table staff_kept_form is 'What somebody entered in a form of the console that needs them to be asked once more; no secret. Kept for minutes.';
comment on column staff_kept_form.fields is 'Names and values, in pairs: [["name", "Omar Haddad"], …].';
