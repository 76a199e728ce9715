-- Staff are actors too. The version before writes none, and reads a kind as text.
alter table audit_event
    drop constraint audit_event_actor_kind_check,
    add constraint audit_event_actor_kind_check
        check (actor_kind in ('os_user', 'client', 'system', 'staff')) not valid;
