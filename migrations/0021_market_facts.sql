-- What O*NET says of occupations, as Occupation Benchmark answers it.

create table market_element (
    source_id   integer not null,
    element_id  text not null,
    name        text not null,
    description text not null,
    constraint market_element_pkey primary key (source_id, element_id),
    constraint market_element_source_id_fkey foreign key (source_id) references market_source (source_id) on delete cascade
);
comment on table market_element is 'The skills and the fields of knowledge that a source rates, by O*NET''s identifiers.';

create table market_fact (
    source_id     integer not null,
    occupation    text not null,
    kind          text not null,
    item          text not null,
    value         real not null,
    deviations    real,
    is_suppressed boolean not null,
    constraint market_fact_pkey primary key (source_id, occupation, kind, item),
    constraint market_fact_source_id_fkey foreign key (source_id) references market_source (source_id) on delete cascade,
    constraint market_fact_kind_check check (
        kind in ('skill', 'knowledge', 'software', 'education', 'experience', 'related', 'job-zone'))
);
comment on table market_fact is 'What O*NET says of an occupation: one number about each item.';
comment on column market_fact.item is
    'skill, knowledge: an element; software: its name; education, experience: a category of scale RL or RW; related: an occupation.';
comment on column market_fact.value is
    'skill, knowledge: the rating from 0 to 1; software: 1 in demand in the occupation, 0 hot anywhere; education, experience: percent of answers; related: the place from 1; job-zone: 1 to 5.';
comment on column market_fact.deviations is 'How many standard deviations a rating is above the mean of all occupations.';
comment on column market_fact.is_suppressed is 'The source recommends not to use the number: it is not answered.';
