-- One row for each event of Countersign's log. What was sent twice is kept once.
create table if not exists countersign_events (
  id bigint generated always as identity primary key,
  received timestamptz not null default now(),
  event jsonb not null,
  uid text generated always as (event -> 'metadata' ->> 'uid') stored unique,
  log text generated always as (event -> 'metadata' ->> 'log_name') stored,
  seq bigint generated always as ((event -> 'metadata' ->> 'sequence')::bigint) stored
);
create index if not exists countersign_events_log on countersign_events (log, seq);
-- To check what arrived:
--   psql -AtX -c "select event from countersign_events order by id" > events.jsonl && countersign log collect events.jsonl
