-- Employment and wages by area, as Occupation Benchmark answers them.

create table market_area (
    source_id integer not null,
    area      text not null,
    name      text not null,
    constraint market_area_pkey primary key (source_id, area),
    constraint market_area_source_id_fkey foreign key (source_id) references market_source (source_id) on delete cascade,
    constraint market_area_area_check check (area ~ '^(us|[0-9]{2}|[0-9]{5})$')
);
comment on table market_area is 'The areas that a source has wages of.';
comment on column market_area.area is 'The nation (us), a state by its FIPS code (48) or a metropolitan area by its CBSA code (19820).';

create table market_wage_occupation (
    source_id integer not null,
    code      text not null,
    name      text not null,
    row_code  text not null,
    constraint market_wage_occupation_pkey primary key (source_id, code),
    constraint market_wage_occupation_source_id_fkey foreign key (source_id)
        references market_source (source_id) on delete cascade
);
comment on table market_wage_occupation is 'The occupations and groups that a source has wages of.';
comment on column market_wage_occupation.name is 'What the source calls the row; empty for an occupation that is part of another row.';
comment on column market_wage_occupation.row_code is 'The row with its wages: another one than its own where the source merges occupations.';

create table market_wage (
    source_id         integer not null,
    area              text not null,
    code              text not null,
    employment        double precision,
    employment_error  real,
    location_quotient real,
    mean_error        real,
    hourly_mean       real,
    hourly_10         real,
    hourly_25         real,
    hourly_50         real,
    hourly_75         real,
    hourly_90         real,
    annual_mean       real,
    annual_10         real,
    annual_25         real,
    annual_50         real,
    annual_75         real,
    annual_90         real,
    top_coded         smallint not null,
    constraint market_wage_pkey primary key (source_id, area, code),
    constraint market_wage_source_id_fkey foreign key (source_id) references market_source (source_id) on delete cascade
);
comment on table market_wage is 'Employment and wages of an occupation in an area, in dollars an hour and a year. Null: the source does not publish it.';
comment on column market_wage.employment_error is 'The relative standard error of the employment, in percent.';
comment on column market_wage.mean_error is 'The relative standard error of the mean wage, in percent.';
comment on column market_wage.hourly_10 is 'The 10th percentile; so are the other columns with numbers.';
comment on column market_wage.top_coded is 'A bit for each of the twelve wages, in the order of the columns: it is at or above the highest wage that the source publishes.';
