-- What a client may do with the market data APIs beyond its scopes, and how often.

alter table client
    add column entitlements text[] not null default '{}',
    add column quota text,
    add constraint client_quota_check check (quota ~ '^[1-9][0-9]{0,9}/(month|year)$') not valid;
comment on column client.entitlements is 'Such as titles:normalize (Lightcast contract s1).';
comment on column client.quota is 'Normalizations in a month or a year, such as 50/year; null: as many as it likes.';
