from src.ext.sdk import NonRetryable, PluginContext, hook, route

from names import name_from

MONTH_S = 30 * 86_400


@hook("auth.user.created")
def welcome(ctx: PluginContext, event_data: dict):
    user = event_data.get("user")
    # Trying again does not mend an event, so this ends the run for good.
    if not user or not user.get("email"):
        raise NonRetryable("the event names no user with an e-mail address")
    email = user["email"]
    domain = email.rpartition("@")[2].lower()
    if domain in (skipped.lower() for skipped in ctx.config["skip_domains"]):
        ctx.log.info("no welcome for this domain", domain=domain)
        return {"status": "skipped", "reason": "domain"}
    event_id = ctx.event["id"]
    product, name = ctx.config["product"], name_from(email)
    # A replay of the event is another run; the key makes it the same mail all the same.
    mail = ctx.email.send(
        to=email,
        subject=f"Welcome to {product}, {name}",
        template="welcome",
        data={"name": name, "product": product},
        idempotency_key=f"welcome-{event_id}",
    )
    # The event's id makes a second attempt of this run emit the same event, not another one.
    welcomed = {"user_id": user["id"], "user_email": email, "mail_id": mail["id"]}
    ctx.emit("email.welcome_sent", welcomed, id=f"welcome-{event_id}")
    # What is written to kv stays written when the attempt fails later, so each event is counted under its own key first.
    if ctx.kv.incr(f"counted:{event_id}", 1, ttl=MONTH_S) == 1:
        ctx.kv.incr("sent")
    ctx.log.info("welcome sent", user_id=user["id"], mail=mail["status"])
    return {"status": mail["status"], "user_email": email}


@route("/stats")
def stats(ctx: PluginContext):
    return {"sent": ctx.kv.get("sent", 0)}
