-- The identifiers that the partner gives its own titles.
alter table market_own_title add column title_id text;
comment on column market_own_title.title_id is 'The identifier that the title is to get when its library sees it for the first time; null: it follows from the name.';
