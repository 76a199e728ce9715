-- The constraint keeps its name, by which versions before this one say what an invitation conflicts with. They leave
-- `superseded_by` at its default, so to them the key is what it was.

alter table invitation
    drop constraint invitation_candidate_key,
    add constraint invitation_candidate_key unique using index invitation_current_candidate_key;
