-- A delivery queue for each host of a client's callbacks: a dead host holds up no other one of its client, and is known by the
-- queues of all clients that it belongs to. Queues of events that are there already stay as they are.

create or replace function set_webhook_event_lane() returns trigger language plpgsql as $$
begin
    -- The URL is in its normal form: host and port are what stands between the slashes.
    new.lane := (select concat_ws(' ', client_id, substring(callback_url from '^[a-z]+://([^/?#]+)'))
                 from invitation where invitation_id = new.invitation_id);
    return new;
end $$;
comment on column webhook_event.lane is
    'Whom it goes to: the client and the host of a callback, with a space between; empty for the platform. A dead receiver holds up its own lanes only.';
