-- Functions of indexes in PL/pgSQL stay calls: what is inlined, the planner compares part by part with every index.
create or replace function profile_pair_key(one text, other text) returns text
    language plpgsql immutable strict parallel safe as $$
begin
    return substr(one, 1, 1) || substr(other, 1, 1) || substr(one, 2, 1) || substr(other, 2, 1)
        || substr(one, 3, 1) || substr(other, 3, 1) || substr(one, 4, 1) || substr(other, 4, 1)
        || substr(one, 5, 1) || substr(other, 5, 1) || substr(one, 6, 1) || substr(other, 6, 1);
end
$$;
create function profile_shared_chars(one text, other text) returns smallint
    language plpgsql immutable strict parallel safe as $$
declare
    most constant integer := least(length(one), length(other), 6);
    shared integer := 0;
begin
    while shared < most and substr(one, shared + 1, 1) = substr(other, shared + 1, 1) loop
        shared := shared + 1;
    end loop;
    return shared;
end
$$;
comment on function profile_shared_chars is 'How many of their first six characters two keys share.';
