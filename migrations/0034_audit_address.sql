-- From where a change was made. The version before writes none.
alter table audit_event add column address text;
comment on column audit_event.address is 'The address that the request came from; null at the command line and for what the service does by itself.';
