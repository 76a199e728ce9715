-- Where tokens with scope admin of a client may be used from, and that none belongs to a customer. The version before neither
-- knows the column nor registers clients with this scope.
alter table client
    add column admin_networks text[] not null default '{}',
    add constraint client_admin_customer_check check (customer_id is null or not ('admin' = any(scopes))) not valid;
comment on column client.admin_networks is 'Networks from which its tokens with scope admin are accepted; empty: from everywhere.';
