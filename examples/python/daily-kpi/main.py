import json
from datetime import date, datetime, timedelta, timezone

from src.ext.sdk import NonRetryable, PluginContext, hook, job, route

DAY_S = 86_400
# How long the counts of a day stay. After that its report is all there is.
COUNTS_DAYS = 7
COUNTS_S = COUNTS_DAYS * DAY_S


@hook("auth.user.created")
def count_signup(ctx: PluginContext):
    ctx.kv.incr(f"count:{day_of(ctx.event)}:signups", 1, ttl=COUNTS_S)


@hook("order.*")
def count_order(ctx: PluginContext, event_data: dict):
    if ctx.event["type"] != "order.paid":
        return
    total = event_data.get("total", 0)
    # Looked at before anything is counted: what is written to kv stays written when the attempt fails later.
    if isinstance(total, bool) or not isinstance(total, (int, float)):
        raise NonRetryable("data.total must be a number")
    day = day_of(ctx.event)
    ctx.kv.incr(f"count:{day}:revenue", total, ttl=COUNTS_S)
    ctx.kv.incr(f"count:{day}:orders", 1, ttl=COUNTS_S)


@job("daily_report", schedule="0 6 * * *")
def daily_report(ctx: PluginContext, payload: dict | None):
    """Closes a day: yesterday by default, or `{"day": "2026-01-31"}`. Running it twice writes the same report."""
    today = datetime.now(timezone.utc).date()
    named = (payload or {}).get("day")
    day = today - timedelta(days=1) if named is None else read_day(named)
    # Trying again does not mend a payload.
    if day is None:
        raise NonRetryable("day must be written like 2026-01-31")
    if day > today:
        raise NonRetryable(f"{day} has not come yet")
    if day + timedelta(days=COUNTS_DAYS) < today:
        known = ctx.kv.get(f"report:{day}")
        if known:
            return known
        raise NonRetryable(f"the counts of {day} are gone, and it was never closed")
    counts = {name: ctx.kv.get(f"count:{day}:{name}", 0) for name in ("signups", "orders", "revenue")}
    report = {"day": str(day), **counts}
    ctx.kv.set(f"report:{day}", report, ttl=ctx.config["keep_days"] * DAY_S)
    # The run's id stays the same for all its attempts.
    ctx.emit("kpi.reported", report, id=f"kpi-{day}-{ctx.run.id}")
    ctx.log.info("day closed", **report)
    return report


@route("/reports")
def list_reports(ctx: PluginContext):
    return {"days": [each["key"].removeprefix("report:") for each in ctx.kv.list("report:", limit=400)]}


@route("/reports/<day>")
def show_report(ctx: PluginContext, day: str):
    report = ctx.kv.get(f"report:{day}") if read_day(day) else None
    return report or ({"error": "no report for that day"}, 404)


@route("/reports", methods=["POST"], roles=["admin"])
def start_report(ctx: PluginContext):
    try:
        body = json.loads(ctx.request.text or "{}")
        day = body.get("day")
    except (ValueError, AttributeError):
        return {"error": 'send nothing, or JSON such as {"day": "2026-01-31"}'}, 400
    if day is not None and read_day(day) is None:
        return {"error": 'send nothing, or JSON such as {"day": "2026-01-31"}'}, 400
    started = ctx.jobs.run_now("daily_report", {} if day is None else {"day": day})
    return {"run_id": started["run_id"]}, 202


def read_day(text: object) -> date | None:
    try:
        day = date.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return day if str(day) == text else None


def day_of(event: dict) -> str:
    """Days are those of UTC."""
    return event["time"][:10]
