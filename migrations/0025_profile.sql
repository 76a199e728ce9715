-- Collation "C" orders keys by their bytes, whatever the collation of the database. The indexes are in the order of each key
-- that lists can be sorted by, behind the segment, and hold the keys that searches look at, so that lists read them alone.
create table profile (
    profile_id             uuid not null,
    subdomain_id           integer not null,
    institution_user_id    text collate "C" not null,
    email                  text not null,
    given_name             text,
    family_name            text,
    current_school_name    text,
    user_roles             json not null,
    is_invited             boolean not null,
    resume_approval_status text,
    attributes             json not null,
    created_at             timestamptz not null,
    last_login             timestamptz,
    changed_at             timestamptz not null,
    segment                smallint not null,
    email_key              text collate "C" not null,
    given_key              text collate "C" not null,
    family_key             text collate "C" not null,
    school_key             text collate "C" not null,
    email_overlap          smallint not null,
    login_key              timestamptz not null generated always as (coalesce(last_login, '-infinity')) stored,
    quiet_since            timestamptz not null generated always as (greatest(changed_at, last_login)) stored,
    constraint profile_pkey primary key (profile_id),
    constraint profile_institution_user_id_key unique (subdomain_id, institution_user_id),
    constraint profile_subdomain_id_fkey foreign key (subdomain_id) references subdomain (subdomain_id),
    constraint profile_resume_approval_status_check check (
        resume_approval_status in ('pending', 'approved', 'denied', 'edited')),
    constraint profile_segment_check check (segment between 0 and 19)
);
create index profile_created_at_idx on profile (subdomain_id, segment, created_at, profile_id)
    include (family_key, given_key, email_key);
create index profile_login_idx on profile (subdomain_id, segment, login_key, profile_id)
    include (family_key, given_key, email_key);
create index profile_family_idx on profile (subdomain_id, segment, family_key, given_key, email_key, profile_id);
create index profile_given_idx on profile (subdomain_id, segment, given_key, family_key, email_key, profile_id);
create index profile_email_idx on profile (subdomain_id, segment, email_key, family_key, given_key, profile_id);
create index profile_school_idx on profile (subdomain_id, segment, school_key, family_key, given_key, email_key, profile_id);
create index profile_email_alone_idx on profile (subdomain_id, segment, email_overlap, email_key)
    include (family_key, given_key, profile_id);
create index profile_quiet_since_idx on profile (quiet_since);
comment on table profile is 'A person at a subdomain. Personal data: all of it goes with the row, and with what it adds to profile_count.';
comment on column profile.institution_user_id is 'How the institution names the person.';
comment on column profile.attributes is 'What the platform keeps beside the columns: an object, as it was sent.';
comment on column profile.user_roles is 'Array of texts.';
comment on column profile.segment is 'Which of the filters it meets: 4 times the approval status, 2 for an administrator, 1 for one who was invited and has never logged in.';
comment on column profile.email_key is 'The address without case and accents, as it is sorted and searched; so are the other keys, empty where there is nothing.';
comment on column profile.email_overlap is 'How many characters email_key shares with the beginning of family_key or of given_key: a search for more than that finds it by its address alone.';
comment on column profile.login_key is 'Who never logged in comes before all.';
comment on column profile.quiet_since is 'When something last happened.';
