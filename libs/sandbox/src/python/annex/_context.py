"""`ctx`: what a handler is given. Every call is synchronous, and other runs go on while it waits; in a handler written
with `async def` every call is awaited."""

import base64
import datetime
import json

from annex import _host
from annex._errors import HostError
from annex._http import Headers, Http, Plugins


class Record(dict):
    """A dict whose members may be read as attributes too."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class Page(list):
    """A list that knows where the next one begins: `next_cursor`, or None."""

    next_cursor = None


def _page(member):
    def page_of(answer):
        page = Page(answer[member])
        page.next_cursor = answer.get("next_cursor")
        return page

    return page_of


def _options(options, names=None):
    """Keyword arguments as the options of a call; what is None was not given."""
    given = {(names or {}).get(name, name): value for name, value in options.items() if value is not None}
    return given or None


class _Calls:
    def __init__(self, run):
        self._run = run

    def _call(self, method, *args, then=None):
        return _host.call(self._run, method, list(args), then=then)


class Secrets(_Calls):
    def get(self, name, default=None):
        return self._call("secrets.get", name, then=lambda value: default if value is None else value)

    def has(self, name):
        return self._call("secrets.has", name)

    def ref(self, name):
        """A placeholder that `ctx.http` replaces outside the sandbox."""
        token = _fixed(self._run).get("refToken")
        return f"{{{{secret:{name}}}}}" if token is None else f"{{{{secret:{name}:{token}}}}}"


class Db(_Calls):
    _names = {"order_by": "orderBy"}

    def query(self, table, filter=None, *, filters=None, where=None, limit=None, offset=None, order_by=None, **more):
        given = filter if filter is not None else filters if filters is not None else where
        options = _options({"limit": limit, "offset": offset, "order_by": order_by, **more}, self._names)
        return self._call("db.query", table, given, options, then=lambda rows: [Record(row) for row in rows])

    def get_by_id(self, table, id):
        return self._call("db.getById", table, id, then=_row)

    get = get_by_id

    def count(self, table, filter=None, *, filters=None):
        return self._call("db.count", table, filter if filter is not None else filters)

    def insert(self, table, row):
        return self._call("db.insert", table, row, then=_row)

    def update(self, table, id, changes):
        return self._call("db.update", table, id, changes, then=_row)

    def delete(self, table, id):
        return self._call("db.delete", table, id)


def _row(row):
    return Record(row) if isinstance(row, dict) else row


class Files(_Calls):
    def list(self, prefix=None, **options):
        return self._call("files.list", prefix, _options(options), then=_page("items"))

    def read(self, key):
        return self._call("files.read", key)

    def read_text(self, key, encoding="utf-8"):
        return self._call("files.read", key, then=lambda data: data.decode(encoding))

    def stat(self, key):
        return self._call("files.stat", key, then=_row)

    def url(self, key, **options):
        return self._call("files.url", key, _options(options))

    def upload(self, key, data, **options):
        return self._call("files.upload", key, data, _options(options), then=_row)

    def delete(self, key):
        return self._call("files.delete", key)


class Kv(_Calls):
    """Values by key: those of the installation, or a state that plugins share."""

    _names = {"if_version": "ifVersion"}

    def __init__(self, run, state=None):
        super().__init__(run)
        self._of = "kv" if state is None else "shared"
        self._first = () if state is None else (state,)

    def _kv(self, method, *args, then=None):
        return self._call(f"{self._of}.{method}", *self._first, *args, then=then)

    def get(self, key, default=None, *, version=False):
        if version:
            return self._kv("get", key, {"version": True}, then=_row)
        return self._kv("get", key, then=lambda value: default if value is None else value)

    def set(self, key, value, **options):
        # A value of None is a value; only options that were not given are left out.
        return self._kv("set", key, value, _options(options, self._names))

    def delete(self, key):
        return self._kv("delete", key)

    def list(self, prefix=None, **options):
        return self._kv("list", _options({"prefix": prefix, **options}), then=_page("keys"))

    def incr(self, key, by=None, **options):
        return self._kv("incr", key, by, _options(options))


class Email(_Calls):
    def send(self, message=None, subject=None, text=None, **parts):
        if isinstance(message, str):
            parts.setdefault("to", message)
        elif message is not None:
            parts = {**message, **parts}
        if subject is not None:
            parts["subject"] = subject
        if text is not None:
            parts["text"] = text
        if "body" in parts and "text" not in parts:
            parts["text"] = parts.pop("body")
        return self._call("email.send", _options(parts) or {}, then=_row)


class Webhooks(_Calls):
    def send(self, name, payload=None):
        return self._call("webhooks.send", name, {} if payload is None else payload, then=_row)


class Agents(_Calls):
    def send(self, name, data=None):
        return self._call("agents.send", name, {} if data is None else data, then=_row)


class Llm(_Calls):
    def run(self, prompt, **options):
        return self._call("llm.run", prompt, _options(options), then=_row)


class Jobs(_Calls):
    def run_now(self, name, payload=None):
        return self._call("jobs.runNow", name, payload, then=_row)


class Templates(_Calls):
    def render(self, name, data=None, **more):
        return self._call("templates.render", name, {**(data or {}), **more})


class Analytics(_Calls):
    def track(self, name, properties=None, **more):
        return self._call("analytics.track", name, {**(properties or {}), **more})


class Log:
    """Lines of the run's log. Keyword arguments become fields; `%` arguments work as in `logging`."""

    def __init__(self, run):
        self._run = run

    def _line(self, level, message, args, fields):
        text = message if isinstance(message, str) else str(message)
        if len(args) == 1 and isinstance(args[0], dict) and "%" not in text:
            fields = {**args[0], **fields}
        elif args:
            text = text % args
        known = "" if not fields else _host.dumps({key: _shown(value) for key, value in fields.items()})
        _host.log(self._run, level, text, known)

    def debug(self, message, *args, **fields):
        self._line(0, message, args, fields)

    def info(self, message, *args, **fields):
        self._line(1, message, args, fields)

    def warning(self, message, *args, **fields):
        self._line(2, message, args, fields)

    warn = warning

    def error(self, message, *args, **fields):
        self._line(3, message, args, fields)

    exception = critical = error


def _shown(value):
    try:
        _host.dumps(value)
        return value
    except (TypeError, ValueError, RecursionError):
        return repr(value)[:4096]


class Permissions(list):
    """The permissions that an admin granted."""

    def has(self, name):
        return name in self


class Request:
    """The request of a route."""

    def __init__(self, parts, body, encoding):
        self.method = parts["method"]
        self.url = parts["url"]
        self.path = parts["url"].split("?")[0].partition("://")[2].partition("/")[2].join(["/", ""])
        self.headers = Headers(parts["headers"])
        self.params = Record(parts["params"])
        self.args = Record(parts["query"])
        self.query = self.args
        self._body = body
        self._encoding = encoding

    @property
    def data(self):
        """The body, as bytes."""
        if self._encoding == "base64":
            return base64.b64decode(self._body)
        return self._body.encode() if self._encoding == "utf8" else b""

    body = data

    @property
    def text(self):
        if self._encoding == "utf8":
            return self._body
        return self.data.decode("utf-8", "replace")

    def get_data(self, as_text=False):
        return self.text if as_text else self.data

    def get_json(self, force=False, silent=False):
        """The body as JSON; None when it is empty, or is none and `silent` is set."""
        if self._encoding == "":
            return None
        try:
            return json.loads(self.text)
        except ValueError:
            if silent:
                return None
            raise

    @property
    def json(self):
        return _JsonBody(self)

    @property
    def form(self):
        import urllib.parse

        return Record(urllib.parse.parse_qsl(self.text, keep_blank_values=True))


def _JsonBody(request):
    value = request.get_json()
    return _CallableDict(value) if isinstance(value, dict) else value


class _CallableDict(Record):
    """`request.json["a"]`, as Flask has it, and `request.json()["a"]`."""

    def __call__(self):
        return dict(self)


class RunInfo(Record):
    """`id`, `kind`, `name`, `attempt`, `deadline`."""

    @property
    def deadline(self):
        return datetime.datetime.fromtimestamp(self["deadlineMs"] / 1000, datetime.timezone.utc)


def _once(run, name, make):
    value = run.cache.get(name)
    if value is None:
        value = run.cache[name] = make()
    return value


def _fixed(run):
    return _once(run, "fixed", lambda: json.loads(run.fixed))


def _head(run):
    return _once(run, "head", lambda: json.loads(run.head))


_namespaces = {
    "secrets": Secrets,
    "http": Http,
    "db": Db,
    "files": Files,
    "kv": Kv,
    "email": Email,
    "webhooks": Webhooks,
    "agents": Agents,
    "llm": Llm,
    "jobs": Jobs,
    "plugins": Plugins,
    "templates": Templates,
    "analytics": Analytics,
    "log": Log,
    "logger": Log,
}


class PluginContext:
    """What a handler is given; a test may make one: `PluginContext("test-tenant", "test-user")`."""

    __slots__ = ("_run", "_event")

    def __init__(self, tenant_id="test-tenant", user_id=None, *, config=None, permissions=()):
        user = None if user_id is None else {"id": user_id}
        tenant = {"id": tenant_id, "slug": tenant_id, "name": tenant_id}
        fixed = {"tenant": tenant, "plugin": {}, "permissions": list(permissions), "config": config or {}}
        self._run = _host.current or _host.Run(0)
        if self._run.key == 0 or tenant_id:
            own = _host.Run(self._run.key)
            own.later = self._run.later
            own.fixed = json.dumps(fixed)
            own.head = json.dumps({"user": user, "run": {"id": "test", "kind": "test", "name": "test", "attempt": 1, "deadlineMs": 0}})
            self._run = own
        self._event = None

    @property
    def tenant_id(self):
        return _fixed(self._run)["tenant"]["slug"]

    @property
    def tenant(self):
        return Record(_fixed(self._run)["tenant"])

    @property
    def user(self):
        user = _head(self._run)["user"]
        return Record(user) if isinstance(user, dict) else user

    @property
    def user_id(self):
        user = _head(self._run)["user"]
        return user.get("id") if isinstance(user, dict) else None

    @property
    def plugin(self):
        return Record(_fixed(self._run)["plugin"])

    @property
    def run(self):
        return RunInfo(_head(self._run)["run"])

    @property
    def permissions(self):
        return Permissions(_fixed(self._run)["permissions"])

    @property
    def config(self):
        value = _fixed(self._run)["config"]
        return _once(self._run, "config", lambda: Record(value)) if isinstance(value, dict) else value

    @property
    def event(self):
        """The whole envelope of the event that a hook was called for."""
        return self._event

    @property
    def request(self):
        run = self._run
        if run.request == "":
            return None
        return _once(run, "request", lambda: Request(json.loads(run.request), run.body, run.encoding))

    @property
    def params(self):
        request = self.request
        return Record() if request is None else request.params

    @property
    def query(self):
        request = self.request
        return Record() if request is None else request.args

    def emit(self, type, data=None, **options):
        return _host.call(self._run, "emit", [type, {} if data is None else data, _options(options)], then=_row)

    def sleep(self, seconds):
        if self._run.calls is None:
            return _host.sleep(seconds)
        import asyncio

        return asyncio.sleep(seconds)

    def shared(self, name):
        """A state that plugins share: `get`, `set`, `delete`, `list` and `incr`, as of `ctx.kv`."""
        return Kv(self._run, name)

    def wait_until(self, work, *args):
        """Does this after the answer, as part of the run: a function, or what may be awaited. Its failure is the run's."""
        if self._run.calls is not None:
            self._run.calls.unstarted = [each for each in self._run.calls.unstarted if each is not work]
        self._run.later.append((work, args))

    @property
    def sync(self):
        """The same run, whose calls wait: for functions that a handler written with `async def` calls."""
        return context_of(self._run.copy(), self._event)

    def __getattr__(self, name):
        kind = _namespaces.get(name)
        if kind is None:
            raise AttributeError(f"ctx has no {name!r}; it has: {', '.join(sorted(_names))}")
        return _once(self._run, name, lambda: kind(self._run))

    def __dir__(self):
        return sorted(_names)


_names = set(_namespaces) | {name for name in vars(PluginContext) if not name.startswith("_")}


def context_of(run, event=None):
    """The `ctx` of a run."""
    ctx = object.__new__(PluginContext)
    ctx._run = run
    ctx._event = event
    return ctx
