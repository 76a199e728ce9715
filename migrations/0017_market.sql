-- Occupational data: what was imported, and the versions of the libraries of titles that were made of it.

create table market_library (
    library_id  integer not null generated always as identity,
    customer_id uuid,
    constraint market_library_pkey primary key (library_id),
    constraint market_library_customer_id_key unique (customer_id),
    constraint market_library_customer_id_fkey foreign key (customer_id) references customer (customer_id)
);
create unique index market_library_shared_idx on market_library ((true)) where customer_id is null;
comment on table market_library is 'A library of titles: the one that all share, and those that customers have of their own.';
comment on column market_library.customer_id is 'Null: the library of everybody who has none of his own.';

create table market_source (
    source_id   integer not null generated always as identity,
    library_id  integer not null,
    kind        text not null,
    release     text not null,
    attribution text not null,
    classification text not null,
    digest      bytea not null,
    imported_at timestamptz not null,
    constraint market_source_pkey primary key (source_id),
    constraint market_source_library_id_fkey foreign key (library_id) references market_library (library_id),
    constraint market_source_release_check check (length(release) between 1 and 100),
    constraint market_source_digest_check check (length(digest) = 32)
);
create index market_source_library_id_idx on market_source (library_id, kind);
comment on table market_source is 'Data as it was imported, from one release of one publisher. It never changes.';
comment on column market_source.attribution is 'What `GET /titles/meta` says of it: publisher and licence.';
comment on column market_source.classification is 'The revision of SOC whose codes it uses, such as 2018.';
comment on column market_source.digest is 'SHA-256 of what was imported, so that the same is not imported twice.';

create table market_occupation (
    source_id   integer not null,
    code        text not null,
    name        text not null,
    description text not null,
    employment  bigint,
    constraint market_occupation_pkey primary key (source_id, code),
    constraint market_occupation_source_id_fkey foreign key (source_id) references market_source (source_id) on delete cascade,
    constraint market_occupation_code_check check (code ~ '^[0-9]{2}-[0-9]{4}(\.[0-9]{2})?$')
);
comment on table market_occupation is 'Occupations of SOC (15-1252) and of O*NET (15-1252.00).';
comment on column market_occupation.employment is 'Employed people in the nation; null where it is not known.';

create table market_skill (
    source_id  integer not null,
    occupation text not null,
    rank       smallint not null,
    skill_id   text not null,
    name       text not null,
    constraint market_skill_pkey primary key (source_id, occupation, rank),
    constraint market_skill_source_id_fkey foreign key (source_id) references market_source (source_id) on delete cascade,
    constraint market_skill_id_check check (skill_id ~ '^ES[0-9A-F]{16}$')
);
comment on table market_skill is 'The skills that distinguish an occupation, the most important first.';

create table market_job_title (
    source_id  integer not null,
    title      text not null,
    occupation text not null,
    weight     real not null default 1,
    is_alias   boolean not null default false,
    constraint market_job_title_source_id_fkey foreign key (source_id) references market_source (source_id) on delete cascade
);
create index market_job_title_source_id_idx on market_job_title (source_id);
comment on table market_job_title is 'Titles with the occupation that a source gives them; one title may have several.';
comment on column market_job_title.is_alias is 'Evidence for normalizing alone: it is no title of the library.';

create table market_own_title (
    source_id     integer not null,
    title         text not null,
    plural_name   text,
    is_supervisor boolean,
    level_band    text,
    skills        text[] not null,
    constraint market_own_title_pkey primary key (source_id, title),
    constraint market_own_title_source_id_fkey foreign key (source_id) references market_source (source_id) on delete cascade
);
comment on table market_own_title is 'What the partner says of its own titles beyond their occupations; null and empty: it says nothing.';
comment on column market_own_title.skills is 'Names of skills, the most important first.';

create table market_version (
    library_id          integer not null,
    sequence            integer not null,
    major               integer not null,
    minor               integer not null,
    status              text not null,
    classification      text not null,
    source_ids          integer[] not null,
    title_count         integer not null,
    removed_title_count integer not null,
    created_at          timestamptz not null,
    published_at        timestamptz,
    changed_in          xid8 not null default pg_current_xact_id(),
    constraint market_version_pkey primary key (library_id, sequence),
    constraint market_version_number_key unique (library_id, major, minor),
    constraint market_version_library_id_fkey foreign key (library_id) references market_library (library_id),
    constraint market_version_status_check check (status in ('draft', 'published', 'retired'))
);
create unique index market_version_draft_idx on market_version (library_id) where status = 'draft';
create index market_version_changed_in_idx on market_version (changed_in);
comment on table market_version is 'The versions of a library. A published one never changes, but that it may be retired.';
comment on column market_version.sequence is 'Orders the versions of a library; what titles name.';
create trigger market_version_changed before insert or update on market_version
    for each row execute function note_registry_change();

create table market_title (
    library_id    integer not null,
    title_id      text not null,
    from_sequence integer not null,
    to_sequence   integer,
    added_in      integer not null,
    key           text not null,
    name          text not null,
    plural_name   text not null,
    is_supervisor boolean not null,
    level_band    text,
    occupations   text[] not null,
    skills        text[] not null default '{}',
    constraint market_title_pkey primary key (library_id, title_id, from_sequence),
    constraint market_title_library_id_fkey foreign key (library_id) references market_library (library_id),
    constraint market_title_id_check check (title_id ~ '^ET[0-9A-F]{16}$'),
    constraint market_title_sequence_check check (from_sequence < to_sequence)
);
create index market_title_key_idx on market_title (library_id, key collate "C", from_sequence);
create index market_title_from_idx on market_title (library_id, from_sequence);
create index market_title_to_idx on market_title (library_id, to_sequence) where to_sequence is not null;
comment on table market_title is 'The states of titles: each lasts from one version until, not including, another.';
comment on column market_title.to_sequence is 'The first version without this state; null: it lasts.';
comment on column market_title.added_in is 'The first version with this title.';
comment on column market_title.key is 'What makes two spellings the same title; `title_id` was derived from it.';
comment on column market_title.skills is 'Names of its own skills; empty: it has those of its occupations.';
comment on column market_title.occupations is 'SOC codes, the likeliest first.';
