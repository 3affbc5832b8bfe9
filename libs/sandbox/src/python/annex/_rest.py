"""What a handler left to be done after its answer: the pieces of a streamed body, and what `ctx.wait_until` was given."""

import base64
import inspect
import json

from annex import _calls, _host, _loop
from annex._errors import RunEnded, describe

_streams = {}
_later = {}


def is_stream(body):
    return inspect.isgenerator(body) or inspect.isasyncgen(body)


class _Stream:
    def __init__(self, run, body):
        self.run = run
        self.body = body
        self.loop = None

    def next(self):
        """The next piece; None at the end."""
        if inspect.isgenerator(self.body):
            return next(self.body, None)
        if self.loop is None:
            self.loop = _loop.Loop()
        try:
            return self.loop.run_until_complete(_next_of(self.body))
        except StopAsyncIteration:
            return None

    def close(self):
        if inspect.isgenerator(self.body):
            self.body.close()
        elif self.loop is not None:
            _loop.end(self.loop, self.body.aclose())


async def _next_of(body):
    return await anext(body, None)


def keep_stream(run, body):
    _streams[run.key] = _Stream(run, body)


def keep_later(run):
    """Notes what waits for the answer. Answers whether there is any."""
    if run.later:
        _later[run.key] = run
    return bool(run.later)


def _entered(run, does):
    """What it answers, or `-` and what it raised. `run`: under way meanwhile."""
    _host.enter(run)
    _loop.enter()
    try:
        return does()
    except RunEnded:
        return "!"
    except BaseException as error:
        return "-" + json.dumps(describe(error))
    finally:
        try:
            _host.flush_line(run)
        except BaseException:
            pass
        _host.enter(None)


def piece(key):
    """The next piece of a streamed body: `=` and base64; nothing at its end."""
    stream = _streams.get(key)
    if stream is None:
        return ""

    def does():
        value = _calls.settled(stream.next())
        if value is None:
            _streams.pop(key, None)
            stream.close()
            return ""
        if isinstance(value, str):
            value = value.encode()
        if not isinstance(value, (bytes, bytearray, memoryview)):
            raise TypeError(f"a streamed answer yields text or bytes, not {type(value).__name__}")
        return "=" + base64.b64encode(value).decode("ascii")

    return _entered(stream.run, does)


def work(key):
    """Does what `wait_until` was given."""
    run = _later.pop(key, None)
    if run is None:
        return ""

    def does():
        # It may give more.
        while run.later:
            given = run.later[:]
            del run.later[:]
            waiting = []
            for each, args in given:
                result = each(*args) if callable(each) and not inspect.isawaitable(each) else each
                if inspect.isawaitable(result):
                    waiting.append(result)
            if waiting:
                _loop.run_to_end(_all(waiting))
            if run.calls is not None:
                run.calls.finish()
        return ""

    return _entered(run, does)


async def _all(waiting):
    import asyncio

    await asyncio.gather(*waiting)


def drop(key):
    """Lets go of what is left of a run."""
    _later.pop(key, None)
    stream = _streams.pop(key, None)
    return "" if stream is None else _entered(stream.run, lambda: stream.close() or "")
