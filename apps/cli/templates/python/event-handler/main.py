from annex import NonRetryable, PluginContext, hook, route


@hook("order.*")
def count_order(ctx: PluginContext, data, event):
    """Runs for every event of the tenant whose name begins with `order.`."""
    if event["type"] != "order.paid":
        return {"skipped": event["type"]}
    order = data.get("order") or {}
    total = order.get("total")
    # Trying again does not mend an event, so this ends the run for good.
    if not isinstance(total, (int, float)):
        raise NonRetryable("the event names no order with a total")
    # A delivery may come twice; what is counted under the event's id is counted once.
    if ctx.kv.incr(f"seen:{event['id']}", 1, ttl=86_400) > 1:
        return {"skipped": "seen before"}
    orders = ctx.kv.incr("orders")
    revenue = ctx.kv.incr("revenue", total)
    ctx.log.info("order counted", order=order.get("id"), orders=orders)
    ctx.emit("orders.counted", {"orders": orders, "revenue": revenue}, id=f"counted-{event['id']}")
    return {"orders": orders, "revenue": revenue}


@route("/stats")
def stats(ctx: PluginContext):
    """Answers at /ext/__SLUG__/stats."""
    return {"orders": ctx.kv.get("orders", 0), "revenue": ctx.kv.get("revenue", 0)}
