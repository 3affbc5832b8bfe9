import html

from src.ext.sdk import NonRetryable, PluginContext, RetryAfter, hook

SIGNS = {"failed": ":x:", "completed": ":white_check_mark:"}

# Slack's own trouble, which passes; every other refusal stays what it is
# (https://api.slack.com/methods/chat.postMessage#errors).
PASSING = {
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
    "ratelimited",
    "rate_limited",
}


@hook("build.*")
def tell_build(ctx: PluginContext, event_data: dict):
    build = event_data.get("build") or {}
    if not build.get("id"):
        raise NonRetryable("the event names no build")
    status = build.get("status") or ctx.event["type"].removeprefix("build.")
    if ctx.config["only_failures"] and status != "failed":
        return {"status": "skipped"}
    branch = f" on {escape(build['branch'])}" if build.get("branch") else ""
    link = f" <{escape(build['url'])}|details>" if build.get("url") else ""
    return post(ctx, f"{SIGNS.get(status, ':gear:')} Build {escape(build['id'])} {escape(status)}{branch}{link}")


@hook("auth.user.created")
def tell_user(ctx: PluginContext, event_data: dict):
    email = (event_data.get("user") or {}).get("email")
    if not email:
        raise NonRetryable("the event names no user with an e-mail address")
    return post(ctx, f":wave: {escape(email)} joined")


def post(ctx: PluginContext, text: str) -> dict:
    """Posts one message. Slack says no in a 200, so both are looked at."""
    answer = ctx.http.post(
        ctx.config["api_base"].rstrip("/") + "/api/chat.postMessage",
        json={"channel": ctx.config["channel"], "text": text},
        headers={"Authorization": f"Bearer {ctx.secrets.get('SLACK_BOT_TOKEN')}"},
        timeout=4,
    )
    if answer.status_code == 429:
        raise RetryAfter(seconds_of(answer.headers.get("retry-after")), "Slack asked to slow down")
    if 400 <= answer.status_code < 500:
        raise NonRetryable(f"Slack answered {answer.status_code}")
    answer.raise_for_status()
    said = answer.json()
    if said["ok"]:
        return {"status": "posted"}
    reason = said.get("error", "no reason given")
    raise (RuntimeError if reason in PASSING else NonRetryable)(f"Slack refused: {reason}")


def seconds_of(header: str | None) -> int:
    """`Retry-After` in seconds; half a minute when it is missing or a date."""
    return int(header) if header and header.isdecimal() else 30


def escape(text: object) -> str:
    """Without it a branch named `<!channel>` would wake everybody up."""
    return html.escape(str(text), quote=False)
