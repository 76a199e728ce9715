-- What the hashes of a client's secrets cost. The version before hashes all secrets at the costs that are the defaults here,
-- and reads hashes of any costs.
alter table client
    add column hash_memory_kib integer not null default 19456,
    add column hash_passes integer not null default 2,
    add constraint client_hash_costs_check check (hash_memory_kib >= 8 and hash_passes >= 1);
comment on column client.hash_memory_kib is 'KiB that argon2id takes for each secret of this client: all are hashed alike, so that one presentation costs one hash.';
comment on column client.hash_passes is 'How often argon2id passes over that memory.';
