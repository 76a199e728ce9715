-- Which delivery queues to look at: those with pending events, each with the instant before which nothing of it is due. So
-- what a look costs does not depend on how many receivers fail, or on how much waits for them.
create table delivery_queue (
    lane       text not null,
    due_at     timestamptz not null,
    is_failing boolean not null,
    constraint delivery_queue_pkey primary key (lane)
);
create index delivery_queue_due_at_idx on delivery_queue (is_failing, due_at);
comment on table delivery_queue is
    'The delivery queues that have pending events, or had some a moment ago. Every pending event has its queue here.';
comment on column delivery_queue.lane is 'The lane of its events.';
comment on column delivery_queue.due_at is 'None of its events is due before; whether one is due then, a look at them tells.';
comment on column delivery_queue.is_failing is 'Whether its latest delivery failed.';

create function note_delivery_queue(queue text, event_due_at timestamptz, was_tried boolean) returns boolean
    language plpgsql as $$
declare
    known_due_at timestamptz;
begin
    loop
        -- Those who add events share this lock, and hold it until they commit; whoever deletes a queue that is empty waits for
        -- them. So no event is left without its queue.
        select due_at into known_due_at from delivery_queue where lane = queue for key share;
        if found then
            if known_due_at > event_due_at then
                update delivery_queue set due_at = event_due_at where lane = queue and due_at > event_due_at;
            end if;
            return true;
        end if;
        insert into delivery_queue (lane, due_at, is_failing) values (queue, event_due_at, was_tried)
            on conflict on constraint delivery_queue_pkey do nothing;
        if found then
            return true;
        end if;
    end loop;
end $$;

create function note_new_events() returns trigger language plpgsql as $$
begin
    -- In the order of their names, so that two of these never wait for each other in a circle.
    perform note_delivery_queue(lane, due_at, was_tried)
        from (select lane, min(due_at) as due_at, bool_and(attempts > 0) as was_tried from inserted
              where delivered_at is null and parked_at is null group by lane order by lane) queue;
    return null;
end $$;

create function settle_delivery_queue(queue text, present timestamptz, next_look_at timestamptz) returns void
    language plpgsql as $$
declare
    next_due_at timestamptz;
begin
    perform from delivery_queue where lane = queue for update skip locked;
    if not found then
        return;
    end if;
    -- A statement of its own, so that it sees what was committed before the lock was to be had.
    select due_at into next_due_at from webhook_event
        where lane = queue and delivered_at is null and parked_at is null order by due_at limit 1;
    if not found then
        delete from delivery_queue where lane = queue;
    else
        -- What is due and cannot be claimed waits for an event of its invitation that is being delivered.
        update delivery_queue set due_at = case when next_due_at > present then next_due_at else next_look_at end
            where lane = queue;
    end if;
end $$;
