"""What a plugin written in Python imports: `from annex import hook, route, job`, or from `src.ext.sdk`."""

import inspect

from annex._context import PluginContext
from annex._errors import HostError, NonRetryable, RetryAfter
from annex._http import HTTPError

__all__ = [
    "hook", "route", "job", "filter", "source", "health", "on_init", "on_install", "on_config_change", "on_reload",
    "on_shutdown", "on_uninstall", "PluginContext", "AsyncPluginContext", "HostError", "HTTPError", "NonRetryable", "RetryAfter",
]

# For annotations of handlers whose calls are awaited.
AsyncPluginContext = PluginContext

_registrations = []
_state = {"open": False}


def _register(kind, name, options, function):
    if kind != "source" and not callable(function):
        raise TypeError(f"{kind} {name!r}: the handler must be a function")
    if kind != "route" and (inspect.isasyncgenfunction(function) or inspect.isgeneratorfunction(function)):
        raise TypeError(f"{kind} {name!r}: a handler returns its answer; only a route may yield it in pieces")
    if _state["open"]:
        _registrations.append((kind, name, options, function))
    elif _state["open"] is False:
        raise RuntimeError(f"{kind} {name!r}: register handlers while the entry runs, not later")
    return function


def _decorator(kind, name, options):
    if not isinstance(name, str) or name == "":
        raise TypeError(f"{kind}: its name must be a text, as in @{kind}(\"name\")")
    given = {key: value for key, value in options.items() if value is not None}
    return lambda function: _register(kind, name, given, function)


def hook(event, *, where=None):
    """Calls the function for each event of this name; `*` stands for one segment, `**` for many."""
    return _decorator("hook", event, {"where": where})


def route(path, methods=None, *, auth=None, roles=None, cors=None):
    """Serves `/ext/<plugin><path>`. `<name>` and `:name` are parameters, which the function is given by name."""
    if isinstance(methods, str):
        methods = [methods]
    methods = None if methods is None else list(methods)
    roles = None if roles is None else [roles] if isinstance(roles, str) else list(roles)
    return _decorator("route", path, {"methods": methods, "auth": auth, "roles": roles, "cors": cors})


def job(name, schedule=None, **_ignored):
    """Does the work of a job of the manifest. A `schedule` here must be the manifest's."""
    return _decorator("job", name, {"schedule": schedule})


def filter(name, *, priority=None, timeout_ms=None, on_error=None):
    """Looks at a value, and answers it or another."""
    return _decorator("filter", name, {"priority": priority, "timeout_ms": timeout_ms, "on_error": on_error})


_source_calls = ("initialize", "poll", "receive", "stop")


def source(name):
    """Brings events in: a class with `poll(self, ctx, cursor)` or `receive(self, ctx)`, and `initialize` and `stop` where
    they are of use. A function is its `poll`, or its `receive` when it is called so."""

    def decorate(handlers):
        if inspect.isclass(handlers):
            instance = handlers()
            calls = {call: getattr(instance, call) for call in _source_calls if callable(getattr(instance, call, None))}
        elif callable(handlers):
            calls = {"receive" if handlers.__name__ == "receive" else "poll": handlers}
        else:
            raise TypeError(f"source {name!r}: decorate a class or a function")
        if not calls:
            raise TypeError(f"source {name!r}: its class has none of {', '.join(_source_calls)}")
        _decorator("source", name, {"calls": list(calls)})(calls)
        return handlers

    return decorate


def health(name="health"):
    """Says how the plugin is."""
    if callable(name):
        return _register("health", "health", {}, name)
    return _decorator("health", name, {})


def _lifecycle(name):
    def decorate(function=None):
        if function is None:
            return decorate
        return _register("lifecycle", name, {}, function)

    decorate.__name__ = f"on_{name}"
    return decorate


on_init = _lifecycle("init")
on_install = _lifecycle("install")
on_config_change = _lifecycle("config_change")
on_reload = _lifecycle("reload")
on_shutdown = _lifecycle("shutdown")
on_uninstall = _lifecycle("uninstall")
