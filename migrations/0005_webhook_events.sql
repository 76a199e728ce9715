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
    retried_at    timestamptz,
    lane          text not null default '',
    constraint webhook_event_pkey primary key (event_id),
    constraint webhook_event_invitation_id_fkey foreign key (invitation_id) references invitation (invitation_id) on delete cascade,
    constraint webhook_event_destination_check check (destination in ('callback', 'platform')),
    constraint webhook_event_end_check check (delivered_at is null or parked_at is null)
);
create index webhook_event_lane_idx on webhook_event (lane, due_at) where delivered_at is null and parked_at is null;
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
comment on column webhook_event.last_error is 'Why the latest attempt failed, for the operator; nothing that the receiver or a candidate wrote.';
comment on column webhook_event.retried_at is 'When it was last taken up again: its three days begin anew.';
comment on column webhook_event.lane is 'Whom it goes to: the client of a callback, empty for the platform. A dead receiver holds up its own lane only.';

create function set_webhook_event_lane() returns trigger language plpgsql as $$
begin
    new.lane := (select client_id from invitation where invitation_id = new.invitation_id);
    return new;
end $$;
create trigger webhook_event_lane before insert on webhook_event
    for each row when (new.destination = 'callback') execute function set_webhook_event_lane();
