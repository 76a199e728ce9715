-- What came of forms of the console that are done once. The version before knows none, and does each as often as it is sent.
create table staff_sent_form (
    sent_form_key bytea not null,
    outcome       jsonb not null,
    created_at    timestamptz not null,
    constraint staff_sent_form_pkey primary key (sent_form_key)
);
create index staff_sent_form_created_at_idx on staff_sent_form (created_at);
comment on table staff_sent_form is 'What came of a form of the console that is done once: sent again, it is answered the same. No secret and no personal data of candidates. Kept as long as a session may last.';
comment on column staff_sent_form.sent_form_key is 'SHA-256 of the session''s number, the path, the number that the form was shown with, and what was entered.';
