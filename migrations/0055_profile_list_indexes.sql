-- no-transaction
-- Each index in the order of a key that lists are sorted by holds all other keys: rows that are passed in its order, or gathered
-- by it and sorted by something else, are not read themselves. Those of pairs find what begins with two terms at once.
create or replace function profile_pair_key(one text, other text) returns text
    language sql immutable strict parallel safe
    return substr(one, 1, 1) || substr(other, 1, 1) || substr(one, 2, 1) || substr(other, 2, 1)
        || substr(one, 3, 1) || substr(other, 3, 1) || substr(one, 4, 1) || substr(other, 4, 1)
        || substr(one, 5, 1) || substr(other, 5, 1) || substr(one, 6, 1) || substr(other, 6, 1);
comment on function profile_pair_key is 'The first six characters of two keys by turns: with two beginnings of the same length, those that have both stand together.';
drop index concurrently if exists profile_list_created_at_idx;
create index concurrently profile_list_created_at_idx on profile (subdomain_id, segment, created_at, profile_id)
    include (family_key, given_key, email_key, school_key, login_key);
drop index concurrently if exists profile_list_login_idx;
create index concurrently profile_list_login_idx on profile (subdomain_id, segment, login_key, profile_id)
    include (family_key, given_key, email_key, school_key, created_at);
drop index concurrently if exists profile_list_family_idx;
create index concurrently profile_list_family_idx on profile (subdomain_id, segment, family_key, given_key, email_key, profile_id)
    include (school_key, login_key, created_at);
drop index concurrently if exists profile_list_given_idx;
create index concurrently profile_list_given_idx on profile (subdomain_id, segment, given_key, family_key, email_key, profile_id)
    include (school_key, login_key, created_at);
drop index concurrently if exists profile_list_email_idx;
create index concurrently profile_list_email_idx on profile (subdomain_id, segment, email_key, family_key, given_key, profile_id)
    include (school_key, login_key, created_at);
drop index concurrently if exists profile_list_school_idx;
create index concurrently profile_list_school_idx
    on profile (subdomain_id, segment, school_key, family_key, given_key, email_key, profile_id)
    include (login_key, created_at);
drop index concurrently if exists profile_list_school_login_idx;
create index concurrently profile_list_school_login_idx on profile (subdomain_id, segment, school_key, login_key, profile_id)
    include (family_key, given_key, email_key, created_at);
drop index concurrently if exists profile_list_school_created_at_idx;
create index concurrently profile_list_school_created_at_idx
    on profile (subdomain_id, segment, school_key, created_at, profile_id)
    include (family_key, given_key, email_key, login_key);
drop index concurrently if exists profile_list_email_alone_idx;
create index concurrently profile_list_email_alone_idx on profile (subdomain_id, segment, email_overlap, email_key)
    include (family_key, given_key, profile_id, school_key, login_key, created_at);
drop index concurrently if exists profile_pair_family_given_idx;
create index concurrently profile_pair_family_given_idx
    on profile (subdomain_id, segment, profile_pair_key(family_key, given_key))
    include (family_key, given_key, email_key, profile_id, school_key, login_key, created_at);
drop index concurrently if exists profile_pair_family_email_idx;
create index concurrently profile_pair_family_email_idx
    on profile (subdomain_id, segment, profile_pair_key(family_key, email_key))
    include (family_key, given_key, email_key, profile_id, school_key, login_key, created_at);
drop index concurrently if exists profile_pair_given_email_idx;
create index concurrently profile_pair_given_email_idx
    on profile (subdomain_id, segment, profile_pair_key(given_key, email_key))
    include (family_key, given_key, email_key, profile_id, school_key, login_key, created_at);
drop index concurrently if exists profile_created_at_idx;
drop index concurrently if exists profile_login_idx;
drop index concurrently if exists profile_family_idx;
drop index concurrently if exists profile_given_idx;
drop index concurrently if exists profile_email_idx;
drop index concurrently if exists profile_school_idx;
drop index concurrently if exists profile_email_alone_idx;
