-- Whoever inserts an event notes its queue, whatever the version; those of events that are there already are noted by the
-- worker when it starts.
create trigger webhook_event_noted after insert on webhook_event
    referencing new table as inserted for each statement execute function note_new_events();
