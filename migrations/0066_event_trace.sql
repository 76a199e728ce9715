-- Which trace an event belongs to. The version before writes none, and its deliveries have traces of their own.
alter table webhook_event add column trace_parent text;
comment on column webhook_event.trace_parent is
    'The span that caused it, as W3C traceparent: its deliveries belong to that trace. Null: that was not sampled.';
