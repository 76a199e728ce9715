-- 50 customers with a client and a campaign each, and invitations of all of them.
insert into customer select gen_random_uuid(), 'customer ' || number, now() from generate_series(1, 50) as number;
insert into client (client_id, customer_id, grants, scopes, audiences, max_assertion_ttl_seconds, clock_skew_seconds,
    replay_policy, expires_in_format, secret_salt, is_enabled, token_generation, created_at)
select 'client of ' || name, customer_id, '{jwt_bearer}', '{videos}', '{}', 3600, 60, 'always', 'number',
    decode(repeat('00', 16), 'hex'), true, 0, now() from customer;
insert into campaign select gen_random_uuid(), customer_id, 'video', 'Sales', 'sales', 'fr', now() from customer;
insert into sealing_key (purpose, sealed_key, master_key_id, created_at, active_at)
values ('link', '', '', now(), now());

-- Identifiers of invitations are in the order of time, as those of the service; the others are at random.
create function measured_invitations(count integer) returns void language sql as $$
    insert into invitation (invitation_id, customer_id, client_id, campaign_id, kind, applicant_id, application_id,
        lastname, firstname, email, phone, link_digest, sealed_link, sealing_key_id, status, created_at,
        status_changed_at, expires_at)
    select (lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0')
            || right(replace(gen_random_uuid()::text, '-', ''), 20))::uuid,
        customer_id, 'client of ' || customer.name, campaign_id, 'video', gen_random_uuid(), gen_random_uuid(),
        'Lemarchand', 'Zoé', 'zoe.' || gen_random_uuid() || '@mail.example', '+33 6 98 76 54 32',
        sha256(uuid_send(gen_random_uuid())), decode(repeat('00', 44), 'hex'), 1, 'invited', now(), now(),
        now() + interval '30 days'
    from (select number, row_number() over () % 50 as turn from generate_series(1, count) as number) as wanted
        join (select *, row_number() over () - 1 as turn from campaign) as campaign using (turn)
        join customer using (customer_id)
$$;
