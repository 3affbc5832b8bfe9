from datetime import datetime, timedelta, timezone

from annex import NonRetryable, PluginContext, job

# How many are removed in one run; a run that finds more starts the next one by itself.
BATCH = 100


@job("nightly_cleanup")
def nightly_cleanup(ctx: PluginContext, payload):
    """Runs on the schedule of plugin.json, or when somebody says so:
    `annex jobs run __SLUG__ nightly_cleanup --payload '{"dry_run":true}'`."""
    dry_run = (payload or {}).get("dry_run", False)
    if not isinstance(dry_run, bool):
        raise NonRetryable("dry_run is true or false")
    before = (datetime.now(timezone.utc) - timedelta(days=ctx.config.keep_days)).isoformat()
    old = ctx.db.query("drafts", {"updated_at": {"$lt": before}}, order_by="updated_at", limit=BATCH)
    if dry_run:
        return {"found": len(old), "removed": 0}
    removed = sum(ctx.db.delete("drafts", row.id) for row in old)
    ctx.log.info("old drafts removed", removed=removed, before=before)
    if len(old) == BATCH:
        ctx.jobs.run_now("nightly_cleanup")
    return {"found": len(old), "removed": removed}
