with candidate as (
    select gen_random_uuid() as invitation_id, '{campaign}'::uuid as campaign_id, gen_random_uuid() as applicant_id,
        gen_random_uuid() as application_id, 'Martin' as lastname, 'Zoé' as firstname,
        'zoe.martin@mail.example' as email, null::text as phone, null::text as callback_url,
        sha256(uuid_send(gen_random_uuid())) as link_digest, decode(repeat('00', 44), 'hex') as sealed_link
    from generate_series(1, 100)
)
insert into invitation as present (invitation_id, campaign_id, applicant_id, application_id, lastname,
    firstname, email, phone, callback_url, link_digest, sealed_link, customer_id, client_id, kind,
    invited_by, sealing_key_id, status, created_at, status_changed_at, expires_at)
select invitation_id, candidate.campaign_id, applicant_id, application_id, lastname, firstname, email, phone,
    callback_url, link_digest, sealed_link, '{customer}', '{client}', 'video', null,
    (select max(sealing_key_id) from sealing_key where purpose = 'link'), 'invited', now(), now(),
    now() + interval '30 days'
from candidate join campaign on campaign.campaign_id = candidate.campaign_id
    and campaign.customer_id = '{customer}' and campaign.kind = 'video' and campaign.closed_at is null
order by candidate.campaign_id, application_id, applicant_id
on conflict on constraint invitation_candidate_key do update set
    lastname = excluded.lastname, firstname = excluded.firstname, email = excluded.email,
    phone = excluded.phone, callback_url = coalesce(excluded.callback_url, present.callback_url),
    client_id = case when excluded.callback_url is null then present.client_id else excluded.client_id end
    where present.status in ('started', 'completed') or present.status = 'invited' and present.expires_at > now()
returning present.invitation_id, present.campaign_id, present.application_id, present.applicant_id,
    present.sealed_link, present.sealing_key_id, present.xmax = 0 as is_new;
