-- A million people at one subdomain. Names are made of syllables and as unevenly distributed as real ones: the most frequent
-- beginning of three letters has nine of a hundred. Three of ten never logged in, as many have no school, one in a thousand is
-- an administrator, one in ten was invited, and half have a résumé with some status.
create function measured_word(number integer) returns text language sql immutable as $$
    select (array['mar', 'du', 'ber', 'le', 'ro', 'smi', 'jo', 'an', 'ka', 'wil', 'gar', 'pe', 'san', 'ho', 'ti', 'vo', 'ne',
                  'el', 'lu', 'fra'])[1 + number % 20]
        || (array['ti', 'pont', 'nard', 'roy', 'bert', 'th', 'hn', 'na', 'tha', 'li', 'ci', 'ter', 'chez', 'mas', 'mo', 'gel',
                  'son', 'len', 'ca', 'nk'])[1 + (number / 20) % 20]
        || (array['', 'n', 's', 'o', 'a', 'ez', 'er', 'y', 'in', 'ard'])[1 + (number / 400) % 10]
$$;
create temporary table kept_index as
    select indexdef from pg_indexes where tablename = 'profile' and indexname like '%idx';
do $$ declare name text; begin
    for name in select indexname from pg_indexes where tablename = 'profile' and indexname like '%idx' loop
        execute 'drop index ' || name;
    end loop;
end $$;
select setseed(0.7523);
insert into profile (profile_id, subdomain_id, institution_user_id, email, given_name, family_name, current_school_name,
    user_roles, is_invited, resume_approval_status, attributes, created_at, last_login, changed_at, segment, email_key,
    given_key, family_key, school_key, email_overlap)
select (lpad(to_hex(1700000000000 + number), 12, '0') || '7' || substr(md5(number::text), 1, 3) || '8'
        || substr(md5(number::text), 4, 15))::uuid,
    subdomain_id, 'u' || number, email, initcap(given), initcap(family), school, roles::json, made.is_invited, status,
    '{"year":3,"majors":["a","b"],"note":"as much as platforms keep of a person beside the rest"}', made.created_at,
    last_login, made.created_at,
    case status when 'pending' then 4 when 'approved' then 8 when 'denied' then 12 when 'edited' then 16 else 0 end
        + case when roles = '[]' then 0 else 2 end + case when is_invited and last_login is null then 1 else 0 end,
    email, given, family, coalesce(lower(school), ''), length(given)
from (select number, measured_word((random() ^ 3 * 4000)::integer) as family,
          measured_word((random() ^ 3 * 4000)::integer) as given,
          case when random() >= 0.3 then 'School ' || (random() ^ 2 * 40)::integer end as school,
          case when random() < 0.001 then '["admin"]' else '[]' end as roles, random() < 0.1 as is_invited,
          (array[null, null, null, 'pending', 'approved', 'approved', 'denied', 'edited'])[1 + (random() * 7.99)::integer]
              as status,
          now() - random() * interval '1000 days' as created_at,
          case when random() < 0.7 then now() - random() * interval '300 days' end as last_login
      from generate_series(1, 1000000) as number) as made,
    lateral (select given || '.' || family || number || '@mail.example' as email) as addressed, subdomain;
do $$ declare definition text; begin
    for definition in select indexdef from kept_index loop execute definition; end loop;
end $$;
insert into profile_count
select subdomain_id, prefix, segment, count(*), count(*) filter (where is_of_family), count(*) filter (where is_of_given),
    count(*) filter (where is_of_email)
from profile, generate_series(0, 8) as chars, lateral (
    select prefix, bool_or(field = 1) as is_of_family, bool_or(field = 2) as is_of_given, bool_or(field = 3) as is_of_email
    from (values (1, family_key), (2, given_key), (3, email_key)) as keys (field, key),
        lateral (select left(key, chars)) as beginnings (prefix)
    where length(key) >= chars group by prefix
) as beginnings
group by subdomain_id, prefix, segment;
