-- no-transaction
drop index concurrently if exists client_secret_expires_at_idx;
create index concurrently client_secret_expires_at_idx on client_secret (expires_at) where expires_at is not null;
