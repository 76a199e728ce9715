select invitation_id, applicant_id, application_id, campaign_id, status, status_changed_at,
    case status when 'completed' then video_url end as interview_link
from invitation
where customer_id = '{customer}' and kind = 'video' and application_id = any('{{applications}}'::uuid[])
    and (null::uuid is null or campaign_id = null::uuid) and invitation_id > '00000000-0000-0000-0000-000000000000'
order by invitation_id limit 501;
