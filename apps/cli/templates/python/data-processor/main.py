import json

from annex import NonRetryable, PluginContext, hook
from summarize import summarize

MAX_BYTES = 5_000_000


@hook("files.uploaded")
def summarize_file(ctx: PluginContext, data, event):
    """Runs for every file that is uploaded in the tenant, by people and by plugins."""
    key, size = data["file"]["key"], data["file"]["size"]
    # What this plugin writes is uploaded too; without this it would read its own summaries.
    if not key.startswith(ctx.config.folder) or not key.endswith(".csv"):
        return {"skipped": key}
    if size > MAX_BYTES:
        raise NonRetryable(f"{key} has {size} bytes; at most {MAX_BYTES} are read")
    summary = summarize(ctx.files.read_text(key))
    target = f"summaries/{key.removeprefix(ctx.config.folder)}.json"
    ctx.files.upload(target, json.dumps(summary), content_type="application/json")
    ctx.emit("csv.summarized", {"key": key, "target": target, "rows": summary["rows"]}, id=f"summary-{event['id']}")
    ctx.log.info("file summarized", key=key, rows=summary["rows"])
    return {"target": target, "rows": summary["rows"]}
