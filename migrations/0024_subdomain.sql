create table subdomain (
    subdomain_id integer not null generated always as identity,
    customer_id  uuid not null,
    name         text not null,
    created_at   timestamptz not null,
    constraint subdomain_pkey primary key (subdomain_id),
    constraint subdomain_name_key unique (name),
    constraint subdomain_customer_id_fkey foreign key (customer_id) references customer (customer_id),
    constraint subdomain_name_check check (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$')
);
create index subdomain_customer_id_idx on subdomain (customer_id);
comment on table subdomain is 'A site of one customer at which people have profiles; whoever writes its profiles locks its row first.';
