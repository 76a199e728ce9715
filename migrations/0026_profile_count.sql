create table profile_count (
    subdomain_id integer not null,
    prefix       text collate "C" not null,
    segment      smallint not null,
    profiles     integer not null,
    by_family    integer not null,
    by_given     integer not null,
    by_email     integer not null,
    constraint profile_count_pkey primary key (subdomain_id, prefix, segment),
    constraint profile_count_subdomain_id_fkey foreign key (subdomain_id) references subdomain (subdomain_id)
) with (fillfactor = 70);
comment on table profile_count is 'How many profiles of a segment have a key that begins so: what a list has in total is looked up, not counted. Kept exact by whoever writes profiles, in the same transaction; without rows of zero.';
comment on column profile_count.prefix is 'The first 0 to 8 characters of family_key, given_key or email_key; the empty one counts all profiles.';
comment on column profile_count.profiles is 'Those with at least one such key; the other columns, those with such a key of that kind.';
