-- The same rows keep other acts on many runs: what a filter of runs means is cancelled, replayed or discarded.
alter table dead_letter_replays
  add column action text not null default 'dead_letters' check (action in ('dead_letters', 'cancel', 'replay', 'discard')),
  add column came_to uuid;                 -- the newest run that was looked at; null: none yet
