-- How long a mirror may have been behind, for the metrics.
alter table setting_mirrors
  add column behind_since timestamptz;   -- the tree may not be what etcd holds since then; null: it is followed
