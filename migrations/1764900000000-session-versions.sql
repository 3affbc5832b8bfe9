-- Which password each sign-in was made with: with another one it opens that user no more, and the rest of it is its owner's to end.
-- null, in sessions from before: unknown.
alter table sessions
  add column user_versions int[],          -- beside user_ids
  add column operator_version int;
