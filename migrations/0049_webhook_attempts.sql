-- What came of each attempt to deliver an event. The version before writes none.
alter table webhook_event add column attempt_log jsonb;
comment on column webhook_event.attempt_log is 'The latest 50 attempts, the first one first: at, milliseconds, outcome, error. Null: none was made.';
