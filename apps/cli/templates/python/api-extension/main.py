from annex import PluginContext, route

TABLE = "__TABLE___notes"
MAX_TEXT = 2000


@route("/notes")
def list_notes(ctx: PluginContext):
    """GET /ext/__SLUG__/notes?page=2: newest first."""
    page = ctx.request.args.get("page", "1")
    if not page.isdigit() or int(page) < 1:
        return {"error": "page is a number from 1"}, 400
    limit = ctx.config.page_size
    items = ctx.db.query(TABLE, order_by="-created_at", limit=limit, offset=(int(page) - 1) * limit)
    return {"items": items, "total": ctx.db.count(TABLE)}


@route("/notes", methods=["POST"])
def add_note(ctx: PluginContext):
    """POST /ext/__SLUG__/notes { "text": "…" }"""
    body = ctx.request.get_json(silent=True)
    text = body.get("text") if isinstance(body, dict) else None
    if not isinstance(text, str) or not text.strip() or len(text) > MAX_TEXT:
        return {"error": f"text is needed, of at most {MAX_TEXT} characters"}, 422
    note = ctx.db.insert(TABLE, {"text": text, "author": ctx.user.get("email") if ctx.user else None})
    return note, 201, {"location": f"/ext/__SLUG__/notes/{note.id}"}


@route("/notes/<id>")
def show_note(ctx: PluginContext, id: str):
    return ctx.db.get_by_id(TABLE, id) or ({"error": "there is no such note"}, 404)


@route("/notes/<id>", methods=["DELETE"], roles=["admin"])
def remove_note(ctx: PluginContext, id: str):
    """For admins."""
    return None if ctx.db.delete(TABLE, id) else ({"error": "there is no such note"}, 404)
