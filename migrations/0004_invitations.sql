-- Who is invited to what, and what came of it.

alter table client add column callback_hosts text[] not null default '{}';
comment on column client.callback_hosts is 'Hosts that callback URLs of its invitations may name, in lower case; empty: none.';

alter table sealing_key drop constraint sealing_key_purpose_check;
alter table sealing_key add constraint sealing_key_purpose_check check (purpose in ('token', 'secret', 'link'));

create table creation_link (
    customer_id  uuid not null,
    kind         text not null,
    url_template text not null,
    constraint creation_link_pkey primary key (customer_id, kind),
    constraint creation_link_customer_id_fkey foreign key (customer_id) references customer (customer_id),
    constraint creation_link_kind_check check (kind in ('video', 'assessment')),
    constraint creation_link_url_template_check check (length(url_template) between 1 and 2000)
);
comment on table creation_link is 'Where a customer''s recruiters make campaigns on the partner''s own site; set by the admin.';

create table invitation (
    invitation_id     uuid not null,
    customer_id       uuid not null,
    client_id         text not null,
    campaign_id       uuid not null,
    kind              text not null,
    applicant_id      uuid not null,
    application_id    uuid not null,
    lastname          text not null,
    firstname         text not null,
    email             text not null,
    phone             text,
    invited_by        text,
    callback_url      text,
    link_digest       bytea not null,
    sealed_link       bytea not null,
    sealing_key_id    integer not null,
    status            text not null,
    created_at        timestamptz not null,
    status_changed_at timestamptz not null,
    expires_at        timestamptz not null,
    overall_score     double precision,
    scores            jsonb not null default '[]',
    video_url         text,
    result_at         timestamptz,
    created_in        xid8 not null default pg_current_xact_id(),
    constraint invitation_pkey primary key (invitation_id),
    constraint invitation_candidate_key unique (campaign_id, application_id, applicant_id),
    constraint invitation_link_digest_key unique (link_digest),
    constraint invitation_customer_id_fkey foreign key (customer_id) references customer (customer_id),
    constraint invitation_client_id_fkey foreign key (client_id) references client (client_id),
    constraint invitation_campaign_id_fkey foreign key (campaign_id) references campaign (campaign_id),
    constraint invitation_sealing_key_id_fkey foreign key (sealing_key_id) references sealing_key (sealing_key_id),
    constraint invitation_kind_check check (kind in ('video', 'assessment')),
    constraint invitation_status_check check (status in ('invited', 'started', 'completed', 'expired', 'cancelled')),
    constraint invitation_link_digest_check check (length(link_digest) = 32),
    constraint invitation_overall_score_check check (overall_score between 0 and 100),
    constraint invitation_scores_check check (jsonb_typeof(scores) = 'array')
);
create index invitation_application_idx on invitation (customer_id, kind, application_id, invitation_id);
create index invitation_campaign_idx on invitation (campaign_id, invitation_id);
create index invitation_applicant_idx on invitation (customer_id, applicant_id);
create index invitation_email_idx on invitation (lower(email));
create index invitation_sealing_key_id_idx on invitation (sealing_key_id);
create index invitation_created_in_idx on invitation (created_in, invitation_id);
create index invitation_customer_created_in_idx on invitation (customer_id, created_in, invitation_id);
create index invitation_expires_at_idx on invitation (expires_at) where status = 'invited';
create index invitation_status_changed_at_idx on invitation (status_changed_at);
comment on table invitation is 'One candidate, asked to do one campaign for one application. Personal data: all of it goes with the row.';
comment on column invitation.client_id is 'The client that asked last, and gave the callback URL; its secrets sign the callbacks.';
comment on column invitation.kind is 'That of the campaign.';
comment on column invitation.invited_by is 'Email of the recruiter; null: the client acted as an application.';
comment on column invitation.link_digest is 'SHA-256 of the token in the invitation link.';
comment on column invitation.sealed_link is 'The token itself, AES-256-GCM-SIV, so that the same candidate gets the same link again.';
comment on column invitation.scores is 'Further scores: array of {"name": text, "score": 0 to 100}.';
comment on column invitation.created_in is 'Transaction that made it: the platform lists new invitations in this order, without gaps.';

create table report (
    report_id     uuid not null,
    invitation_id uuid not null,
    name          text not null,
    is_global     boolean not null,
    media_type    text,
    byte_length   bigint,
    url           text,
    created_at    timestamptz not null,
    completed_at  timestamptz,
    constraint report_pkey primary key (report_id),
    constraint report_invitation_id_fkey foreign key (invitation_id) references invitation (invitation_id) on delete cascade,
    constraint report_name_check check (length(name) between 1 and 200),
    constraint report_media_type_check check (media_type in ('application/pdf', 'text/html')),
    constraint report_byte_length_check check (byte_length between 1 and 20971520),
    constraint report_content_check check ((url is null) <> (media_type is null)),
    constraint report_url_check check (length(url) <= 2000),
    constraint report_completed_check check (completed_at is null or url is not null or byte_length is not null)
);
create index report_invitation_id_idx on report (invitation_id, report_id);
create index report_unfinished_idx on report (created_at) where completed_at is null;
comment on table report is 'A document about a result: uploaded in chunks, or at a URL of the partner''s.';
comment on column report.completed_at is 'Null while an upload is under way; nobody sees it until then.';

create table report_chunk (
    report_id uuid not null,
    position  integer not null,
    bytes     bytea not null,
    constraint report_chunk_pkey primary key (report_id, position),
    constraint report_chunk_report_id_fkey foreign key (report_id) references report (report_id) on delete cascade
);
-- PDFs do not compress.
alter table report_chunk alter column bytes set storage external;
comment on table report_chunk is 'A piece of an uploaded report, so that none is ever whole in memory.';
