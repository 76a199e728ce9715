-- A candidate whose invitation has expired or was cancelled is invited again by another row, and the old one stays.
-- The key of a candidate has to tell them apart (0013, 0014); versions before this one know one row for each candidate, and go
-- on with the present one.

alter table invitation add column superseded_by uuid not null default '00000000-0000-0000-0000-000000000000';
comment on column invitation.superseded_by is
    'The invitation by which the candidate was invited again; all zeros: none, this is the present one. It is no foreign key, because either may be erased first.';
