"""What `annex test` runs a plugin's tests in: its handlers run in the sandbox as an upload's would, and what they do
outside is recorded here. Each test begins with nothing.

    import unittest
    from annex.testing import plugin

    class Orders(unittest.TestCase):
        def test_counts_an_order(self):
            self.assertEqual(plugin.event("order.paid", {"total": 12}), [{"orders": 1}])
"""

import base64
import importlib
import traceback
import unittest

from annex import _context, _host
from annex._http import Response


def _do(name, *args):
    value = _host.call(None, "testing.call", [name, list(args)])
    return _context.Record(value) if isinstance(value, dict) else value


def _records(name):
    return [_context.Record(each) if isinstance(each, dict) else each for each in _do("read", name)]


class _Kv:
    """The plugin's own keys and values, as `ctx.kv` finds them."""

    def get(self, key):
        return _do("kv.get", key)

    def set(self, key, value):
        _do("kv.set", key, value)


class _Files:
    """Files of the tenant."""

    def text(self, key):
        """The text of a file, or None."""
        return _do("files.text", key)

    def set(self, key, content):
        _do("files.set", key, content if isinstance(content, str) else {"$bytes": base64.b64encode(content).decode()})


class _Tables:
    """Tables of the tenant."""

    def rows(self, name):
        return [_context.Record(each) for each in _do("tables.rows", name)]

    def insert(self, name, row):
        return _do("tables.insert", name, row)


class _Clock:
    """The time by which keys run out, rows are dated and events happen. It is the machine's until it is set."""

    def set(self, time):
        """`time`: a `datetime`, or RFC 3339."""
        _do("clock.set", time if isinstance(time, str) else time.isoformat())

    def advance(self, seconds):
        _do("clock.advance", seconds)


class Plugin:
    """The plugin under test. A handler that fails raises `HostError` with the code that its run would have."""

    kv = _Kv()
    files = _Files()
    tables = _Tables()
    clock = _Clock()

    def event(self, type, data=None, **options):
        """Hands an event to every hook that hears it; answers what they returned."""
        return _do("event", type, {} if data is None else data, options)

    def request(self, method, path, *, json=None, data=None, headers=None, user="owner"):
        """Calls a route; answers as `ctx.http` does. `user`: a dict, or None for nobody."""
        body = {"json": json} if json is not None else {"text": data} if data is not None else {}
        return Response(_do("request", method.upper(), path, {**body, "headers": headers or {}, "user": user}))

    def job(self, name, payload=None, *, attempt=1):
        return _do("job", name, payload, attempt)

    def filter(self, name, value):
        return _do("filter", name, value)

    def lifecycle(self, name, change=None):
        _do("lifecycle", name, change)

    def health(self):
        return _do("health")

    def answer(self, url, json=None, *, status=200, text=None, headers=None, method=None):
        """Answers the plugin's requests to a URL; `*` at its end stands for the rest. The last one that fits counts."""
        _do("answer", {"url": url, "json": json, "status": status, "text": text, "headers": headers or {}, "method": method})

    def secret(self, name, value):
        """Sets a secret. Those that plugin.json requires have a value from the start."""
        _do("secret", name, value)

    emitted = property(lambda self: _records("emitted"), doc="Events, oldest first.")
    mails = property(lambda self: _records("mails"), doc="Mails, oldest first.")
    requests = property(lambda self: _records("requests"), doc="Requests that left the plugin, oldest first.")
    started_jobs = property(lambda self: _records("startedJobs"), doc="Jobs that it started; they are not run.")
    logs = property(lambda self: _records("logs"), doc="Lines of its log.")
    tracked = property(lambda self: _records("tracked"), doc="What it counted with `ctx.analytics`.")
    asked = property(lambda self: _records("asked"), doc="What it asked agents.")


plugin = Plugin()


class _Result(unittest.TestResult):
    """Notes each test as `[name, outcome, what is wrong]`."""

    def __init__(self):
        super().__init__()
        self.notes = []

    def startTest(self, test):
        super().startTest(test)
        _do("reset")

    def _note(self, test, outcome, detail=""):
        self.notes.append([test.id(), outcome, detail])

    def addSuccess(self, test):
        self._note(test, "passed")

    def addError(self, test, error):
        super().addError(test, error)
        self._note(test, "failed", self._exc_info_to_string(error, test))

    addFailure = addError

    def addSubTest(self, test, subtest, error):
        if error is not None:
            super().addSubTest(test, subtest, error)
            self._note(subtest, "failed", self._exc_info_to_string(error, test))

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._note(test, "skipped", reason)

    def addExpectedFailure(self, test, error):
        self._note(test, "passed")

    def addUnexpectedSuccess(self, test):
        self._note(test, "failed", "it passed, and was expected to fail")


def run(modules):
    """Runs the tests of modules; answers a note of each."""
    result = _Result()
    for name in modules:
        try:
            suite = unittest.defaultTestLoader.loadTestsFromModule(importlib.import_module(name))
        except Exception:
            result.notes.append([name, "failed", traceback.format_exc()])
            continue
        suite.run(result)
    return result.notes
