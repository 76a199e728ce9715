select invitation_id, applicant_id, found.application_id, campaign_id, status, status_changed_at,
    case status when 'completed' then video_url end as interview_link
from unnest('{{applications}}'::uuid[]) as wanted (application_id) cross join lateral (
    select * from invitation
    where customer_id = '{customer}' and kind = 'video' and application_id = wanted.application_id
        and (null::uuid is null or campaign_id = null::uuid)
        and invitation_id > '00000000-0000-0000-0000-000000000000'
    offset 0
) as found
order by invitation_id limit 501;
