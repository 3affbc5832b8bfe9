-- Who vouches for a release, and what was last read of the lists that say so.

alter table releases add column signed_by json;  -- { "publisher", "key_id", "by": "package" | "catalogue" }; null: nobody
grant update (signed_by) on releases to annex_app;  -- nothing else of a release ever changes

-- The last good list of publishers and the last good catalogue: a start without network goes on with them, and an older catalogue is known as one.
create table catalogue_states (
  name text primary key,           -- publishers/<sha256 of its place>, catalogue/<sha256 of its place>
  serial bigint not null,          -- of a catalogue; 0: it has none
  content text not null,           -- as it was read
  former json not null,            -- of publishers: keys that were listed and are no more
  read_at timestamptz not null
);
revoke all on catalogue_states from public;
grant select, insert, update, delete on catalogue_states to annex_platform;
