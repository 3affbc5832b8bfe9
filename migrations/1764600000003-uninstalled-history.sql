-- The runs of an uninstalled plugin stay as long as others do, and so does the row here that says which plugin it was. They hang on no webhook
-- either: those go with their plugin.
alter table uninstalled add column slug text not null default '', add column name text not null default '';
create index uninstalled_by_slug on uninstalled (tenant_id, slug, at);
do $$ declare c record; begin
  for c in select conname from pg_constraint where contype = 'f' and confrelid = 'webhooks'::regclass and conrelid = 'runs'::regclass
  loop execute format('alter table runs drop constraint %I', c.conname); end loop;
end $$;
