-- Which versions of the service may still use this schema. A migration that takes something away raises the floor
-- (CONTRIBUTING.md, "A migration").

create table schema_floor (
    is_only   boolean not null default true,
    migration bigint not null,
    constraint schema_floor_pkey primary key (is_only),
    constraint schema_floor_is_only_check check (is_only)
);
comment on table schema_floor is 'One row: the oldest version of the service that may use this schema.';
comment on column schema_floor.migration is 'A version that does not know the migration with this number refuses to start.';
insert into schema_floor (migration) values (9);
