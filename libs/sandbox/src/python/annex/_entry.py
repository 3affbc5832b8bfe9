"""Runs a package's entry, and its handlers. What JavaScript calls."""

import base64
import inspect
import json
import random
import sys
import time
import types

import annex
from annex import _answer, _calls, _context, _host, _imports, _json, _loop, _rest
from annex._errors import RunEnded, describe
from annex._rest import drop, piece, work

_handlers = []
_spent = {"hook": ("event", "event_data", "data", "payload"), "job": ("payload", "data")}


def prepare():
    """Once, before the interpreter is kept: what plugins find changed."""
    _host.capture()
    _json.guard()
    _imports.alias()
    _loop.prepare()
    time.sleep = _host.sleep
    sys.dont_write_bytecode = True
    finder = _imports.Finder()
    sys.meta_path.insert(0, finder)
    sys.setrecursionlimit(900)
    import logging

    logging.basicConfig(stream=_Logged(), format="%(message)s", level=logging.INFO, force=True)
    logging.raiseExceptions = False
    logging.lastResort = None
    root = logging.getLogger()
    root.handlers[:] = [_LogHandler()]


class _Logged:
    def write(self, text):
        pass

    def flush(self):
        pass


def _handler_class():
    import logging

    class LogHandler(logging.Handler):
        """`logging`: a line of the run's log for each record."""

        def emit(self, record):
            level = 0 if record.levelno < 20 else 1 if record.levelno < 30 else 2 if record.levelno < 40 else 3
            text = record.getMessage()
            if record.exc_info and record.exc_info[1] is not None:
                text = f"{text}\n{describe(record.exc_info[1])[2]}"
            _host.log(None, level, text, "" if record.name == "root" else json.dumps({"logger": record.name}))

    return LogHandler


_LogHandler = _handler_class()


def wake(*functions):
    """In each isolate, before plugin code: what the kept interpreter must not share with others."""
    _host.connect(dict(zip(("call", "log", "sleep", "begin", "poll", "next", "random"), functions, strict=True)))
    random.seed(_host.random_bytes(64))
    sys.meta_path[:] = [each for each in sys.meta_path if type(each).__name__ != "JsFinder"]
    for name in ("js", "pyodide_js"):
        sys.modules.pop(name, None)


def load(package_text, is_inspection):
    """Runs the entry. Answers JSON: `{"registrations": […]}`, `{"faults": […]}` or `{"error": […]}`."""
    package = json.loads(package_text)
    data = {path: base64.b64decode(text) for path, text in package.get("data", {}).items()}
    entry = package.get("entry") or ""
    _imports.place(package["sources"], data, entry)
    if is_inspection:
        found = _imports.faults(sorted(package["sources"], key=lambda path: (path != entry, path)))
        if found:
            return json.dumps({"faults": found})
    annex._state["open"] = True
    try:
        if entry:
            module = types.ModuleType("__plugin__")
            module.__file__ = "/plugin/" + entry
            module.__package__ = entry.rpartition("/")[0].replace("/", ".")
            sys.modules["__plugin__"] = sys.modules[entry.removesuffix(".py").rpartition("/")[2]] = module
            _imports.run_file(entry, module)
        _take_transforms(package.get("transforms", []))
    except BaseException as error:
        return json.dumps({"error": describe(error)})
    finally:
        annex._state["open"] = False
    described = []
    for kind, name, options, function in annex._registrations:
        awaits = any(map(_awaits, function.values())) if kind == "source" else _awaits(function)
        _handlers.append((kind, _caller(kind, name, function), awaits))
        described.append([kind, name, options])
    try:
        return _json.dumps({"registrations": described})
    except (TypeError, ValueError) as error:
        return json.dumps({"error": ["PLUGIN_ERROR", f"an option of a registration: {error}", "", 0]})


def _take_transforms(scripts):
    for index, (path, name) in enumerate(scripts):
        module_name = path.removesuffix(".py").replace("/", ".")
        module = sys.modules.get(module_name)
        if module is None or getattr(module, "__file__", "") != "/plugin/" + path:
            module = types.ModuleType(module_name)
            module.__file__ = "/plugin/" + path
            module.__package__ = module_name.rpartition(".")[0]
            sys.modules[module_name] = module
            _imports.run_file(path, module)
        run = getattr(module, "transform" if name == "default" else name, None)
        if callable(run):
            annex._register("hook", f"annex.transform.{index}", {}, _transform(run))


def _transform(run):
    """A transform gets the event's data; `ctx.event` is the envelope."""

    def handler(ctx, call):
        first, webhook = call["first"], call.get("webhook")
        ctx._run.cache["webhook"] = webhook
        is_event = isinstance(first, dict) and "data" in first and "type" in first
        if is_event:
            ctx._event = _context.Record(first)
        args = [first["data"] if is_event else first]
        if "second" in call:
            args.append(call["second"])
        return run(*_fitting(run, [*args, ctx]))

    handler.wants_all = True
    handler.awaits = _awaits(run)
    return handler


def _awaits(function):
    """Whether a handler awaits its calls."""
    return getattr(function, "awaits", False) or inspect.iscoroutinefunction(inspect.unwrap(function))


def _parameters(function):
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return None


def _fitting(function, args):
    """As many arguments as the function takes."""
    parameters = _parameters(function)
    if parameters is None or any(each.kind is each.VAR_POSITIONAL for each in parameters):
        return args
    count = sum(each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD) for each in parameters)
    return args[:count]


def _caller(kind, name, function):
    """How a handler is called, found out once."""
    parameters = None if kind == "source" else _parameters(function)
    names = [each.name for each in parameters or []]
    if kind == "route":
        takes_all = any(each.kind is each.VAR_KEYWORD for each in parameters or [])

        def call_route(ctx, _payload):
            params = ctx.params
            if names and names[0] in params and len(names) <= len(params):
                return function(**{key: value for key, value in params.items() if takes_all or key in names})
            given = {key: value for key, value in params.items() if takes_all or key in names[1:]}
            return function(ctx, **given) if names else function()

        return call_route
    if kind == "hook":
        if getattr(function, "wants_all", False):
            return function

        def call_hook(ctx, event):
            ctx._event = _context.Record(event)
            data = event.get("data")
            data = _context.Record(data) if isinstance(data, dict) else data
            if len(names) == 1 and names[0] in _spent["hook"]:
                return function(data)
            return function(*_fitting(function, [ctx, data, ctx._event]))

        return call_hook
    if kind == "source":
        return _source_caller(function)
    if kind == "lifecycle" and name == "config_change":

        def call_change(ctx, change):
            change = change or {}
            more = {"revision": change.get("revision"), "previous": change.get("previous")}
            args = [ctx, change.get("key"), change.get("value"), change.get("op"), more]
            return function(*_fitting(function, args))

        return call_change

    def call_plain(ctx, payload):
        return function(*_fitting(function, [ctx, payload]))

    return call_plain


def _source_caller(functions):
    """Does what a source is told: `initialize` first where it shall."""
    callers = {call: function for call, function in functions.items()}

    def call_source(ctx, told):
        told = told or {"call": "receive"}
        call = told["call"]
        args = [ctx, told.get("cursor")] if call == "poll" else [ctx]
        first = callers.get("initialize") if told.get("initialize") and call != "initialize" else None
        return _in_turn(first, ctx, callers.get(call), args)

    return call_source


def _in_turn(first, ctx, function, args):
    """What the function answers, after the first one; awaits either where it has to."""
    begun = None if first is None else first(*_fitting(first, [ctx]))
    if inspect.isawaitable(begun):

        async def both():
            await begun
            result = function(*_fitting(function, args))
            return await result if inspect.isawaitable(result) else result

        return both()
    return None if function is None else function(*_fitting(function, args))


def invoke(key, index, fixed, head, request, body, encoding, payload):
    """Calls a handler. Answers a mark and what follows it: see `PythonRealm`."""
    run = _host.Run(key, fixed, head, request, body, encoding)
    _host.enter(run)
    _loop.enter()
    try:
        kind, handler, awaits = _handlers[index]
        if awaits:
            run.calls = _calls.Calls(key)
        result = handler(_context.context_of(run), json.loads(payload) if payload else None)
        if inspect.isawaitable(result) and type(result) is not _calls.Call:
            result = _loop.run_to_end(result)
        if run.calls is not None:
            run.calls.finish()
        _host.flush_line(run)
        result = _calls.settled(result)
        answer = _answer.of_route(result, run) if kind == "route" else _answer.of_value(kind, result)
        return f"&{answer}" if _rest.keep_later(run) else answer
    except RunEnded:
        return "!"
    except BaseException as error:
        answer = "-" + json.dumps(describe(error))
        try:
            _host.flush_line(run)
        except BaseException:
            pass
        return answer
    finally:
        _host.enter(None)
