-- no-transaction
drop index concurrently if exists invitation_current_candidate_key;
create unique index concurrently invitation_current_candidate_key
    on invitation (campaign_id, application_id, applicant_id, superseded_by);
