-- Reports of whoever is erased leave everybody's sight at once, with the invitation, and are deleted bit by bit.

alter table report alter column invitation_id drop not null;
create index report_detached_idx on report (report_id) where invitation_id is null;
comment on column report.invitation_id is
    'Null: erased with its invitation, or an upload that was given up. Nobody sees it, and it is being deleted, chunks first.';
