-- no-transaction
drop index concurrently if exists webhook_event_position_idx;
create index concurrently webhook_event_position_idx on webhook_event (position);
