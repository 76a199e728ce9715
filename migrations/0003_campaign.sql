-- What recruiters choose from.

create table campaign (
    campaign_id uuid not null,
    customer_id uuid not null,
    kind        text not null,
    name        text not null,
    folded_name text not null,
    language    text not null,
    created_at  timestamptz not null,
    closed_at   timestamptz,
    constraint campaign_pkey primary key (campaign_id),
    constraint campaign_customer_id_fkey foreign key (customer_id) references customer (customer_id),
    constraint campaign_kind_check check (kind in ('video', 'assessment')),
    constraint campaign_name_check check (length(name) between 1 and 200),
    constraint campaign_language_check check (language ~ '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$' and length(language) <= 35)
);
create index campaign_active_idx on campaign (customer_id, kind, campaign_id) where closed_at is null;
comment on table campaign is 'A video interview or an assessment that a customer''s recruiters can invite candidates to.';
comment on column campaign.campaign_id is 'UUIDv7: in the order of creation, which is the order of the listing.';
comment on column campaign.folded_name is 'The name without case and accents, for `keyword`; made by the service.';
comment on column campaign.language is 'BCP 47 tag.';
