-- no-transaction
drop index concurrently if exists client_secret_restorable_until_idx;
create index concurrently client_secret_restorable_until_idx on client_secret (restorable_until)
    where retired_at is not null and sealed_secret is not null;
