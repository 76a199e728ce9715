-- no-transaction
-- A pair with an address stands behind how much the address shares with the other name: what the pair of names finds as well,
-- which is most of it where addresses are made of names, is not read a second time.
drop index concurrently if exists profile_pair_family_email_alone_idx;
create index concurrently profile_pair_family_email_alone_idx
    on profile (subdomain_id, segment, profile_shared_chars(email_key, given_key), profile_pair_key(family_key, email_key))
    include (family_key, given_key, email_key, profile_id, school_key, login_key, created_at);
drop index concurrently if exists profile_pair_given_email_alone_idx;
create index concurrently profile_pair_given_email_alone_idx
    on profile (subdomain_id, segment, profile_shared_chars(email_key, family_key), profile_pair_key(given_key, email_key))
    include (family_key, given_key, email_key, profile_id, school_key, login_key, created_at);
drop index concurrently if exists profile_pair_family_email_idx;
drop index concurrently if exists profile_pair_given_email_idx;
