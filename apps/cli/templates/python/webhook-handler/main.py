import re

from annex import PluginContext, route

ID = re.compile(r"[\w-]{1,80}", re.ASCII)
TYPE = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")


@route("/", methods=["POST"], auth={"hmac": {"secret": "WEBHOOK_SECRET", "scheme": "sha256"}})
def take(ctx: PluginContext):
    """POST /t/<tenant>/ext/__SLUG__/. Annex has checked `X-Signature` before this runs; `scheme` names other ways, such
    as `github`, `stripe` or `standard-webhooks`."""
    delivery = read_delivery(ctx.request.get_json(silent=True))
    if delivery is None:
        return {"error": 'a delivery has an id and a type of small letters, such as "invoice.paid"'}, 400
    id, type, data = delivery
    # Senders deliver again when an answer is late: the id makes that the same event.
    event = ctx.emit(f"incoming.{type}", data, id=f"__SLUG__-{id}", subject=id)
    ctx.log.info("delivery taken", id=id, type=type)
    return {"event_id": event.event_id}, 202


def read_delivery(body):
    """`(id, type, data)`, or None."""
    if not isinstance(body, dict):
        return None
    id, type, data = body.get("id"), body.get("type"), body.get("data")
    if not isinstance(id, str) or not ID.fullmatch(id) or not isinstance(type, str) or not TYPE.fullmatch(type):
        return None
    return id, type, data if isinstance(data, dict) else {}
