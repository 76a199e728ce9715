-- no-transaction
-- The oldest pending event, and how many there are up to a bound.
drop index concurrently if exists webhook_event_oldest_idx;
create index concurrently webhook_event_oldest_idx on webhook_event (occurred_at)
    where delivered_at is null and parked_at is null;
