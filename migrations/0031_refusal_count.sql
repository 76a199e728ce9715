-- How many calls were refused, recorded one by one or not.

create table refusal_count (
    hour           timestamptz not null,
    client_id      text not null,
    network        text not null,
    reason         text not null,
    refused        bigint not null,
    kept           bigint not null,
    kept_unproved  bigint not null,
    first_at       timestamptz not null,
    last_at        timestamptz not null,
    constraint refusal_count_pkey primary key (hour, client_id, network, reason),
    constraint refusal_count_kept_check check (kept between 0 and refused and kept_unproved between 0 and kept)
) with (fillfactor = 70);
comment on table refusal_count is 'Refused calls of one caller for one reason in one hour, and how many of them are in refusal.';
comment on column refusal_count.client_id is 'Empty: the calls named no client that is registered.';
comment on column refusal_count.network is 'Of callers that are not known: an IPv4 address, or an IPv6 /64; empty for a client, and for all callers of an hour that had too many.';
comment on column refusal_count.kept_unproved is 'Those of kept that anybody could have sent in the client''s name.';
