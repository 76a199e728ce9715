-- What others are to be told: the outbox of callbacks and webhooks.

create table webhook_event (
    event_id      uuid not null default gen_random_uuid(),
    position      bigint not null generated always as identity,
    invitation_id uuid not null,
    destination   text not null,
    type          text not null,
    status        text not null,
    occurred_at   timestamptz not null,
    attempts      integer not null default 0,
    due_at        timestamptz not null,
    delivered_at  timestamptz,
    parked_at     timestamptz,
    last_error    text,
    constraint webhook_event_pkey primary key (event_id),
    constraint webhook_event_invitation_id_fkey foreign key (invitation_id) references invitation (invitation_id) on delete cascade,
    constraint webhook_event_destination_check check (destination in ('callback', 'platform')),
    constraint webhook_event_end_check check (delivered_at is null or parked_at is null)
);
create index webhook_event_due_idx on webhook_event (due_at) where delivered_at is null and parked_at is null;
create index webhook_event_pending_idx on webhook_event (invitation_id, destination, position)
    where delivered_at is null and parked_at is null;
create index webhook_event_invitation_id_idx on webhook_event (invitation_id);
create index webhook_event_parked_idx on webhook_event (parked_at) where parked_at is not null;
create index webhook_event_delivered_idx on webhook_event (delivered_at) where delivered_at is not null;
comment on table webhook_event is 'An event to deliver at least once, written in the transaction that caused it. Holds no personal data.';
comment on column webhook_event.position is 'Events of one invitation to one destination are delivered in this order.';
comment on column webhook_event.status is 'Of the invitation when it happened.';
comment on column webhook_event.due_at is 'When it may be tried; while one tries, when another may take over.';
comment on column webhook_event.parked_at is 'When it was given up; `callback retry` takes it up again.';
