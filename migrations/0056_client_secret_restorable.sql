-- Until when the retirement of a secret can be taken back. The version before sets it in no row, and what it retires is
-- retired for good.
alter table client_secret add column restorable_until timestamptz;
alter table client_secret add constraint client_secret_restorable_check
    check (restorable_until is null or retired_at is not null) not valid;
comment on column client_secret.restorable_until is 'Until when its retirement can be taken back; null: never. The sealed form of a retired secret is deleted then.';
