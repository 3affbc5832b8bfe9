"""The one way out of the interpreter: host calls of the run under way. JavaScript hands its functions over once."""

import sys

from annex._errors import HostError, RunEnded
from annex._json import dumps, loads

_js = {}
_wait = None
current = None
MAX_LINE = 65536


class Run:
    """One run, from its first line to its last."""

    __slots__ = ("key", "fixed", "head", "request", "body", "encoding", "line", "cache", "calls", "later")

    def __init__(self, key, fixed="{}", head="{}", request="", body="", encoding=""):
        self.key = key
        self.fixed = fixed
        self.head = head
        self.request = request
        self.body = body
        self.encoding = encoding
        self.line = ""
        self.cache = {}
        # Of a handler that awaits its calls; else None.
        self.calls = None
        # What `wait_until` was given.
        self.later = []

    def copy(self):
        """The same run, whose calls are synchronous."""
        run = Run(self.key, self.fixed, self.head, self.request, self.body, self.encoding)
        run.later = self.later
        return run


def connect(functions):
    """Called once in each isolate, with the functions of the platform by name."""
    global _wait
    from pyodide.ffi import run_sync

    from annex._loop import suspended

    _wait = suspended(run_sync)
    _js.update(functions)


def random_bytes(count):
    import base64

    return base64.b64decode(_js["random"](count))


def enter(run):
    global current
    current = run


def wait_for(start, *args):
    """Calls a function of JavaScript, and suspends this run, and this run alone, until what it promised is settled."""
    run = current
    try:
        return _wait(start, *args)
    finally:
        enter(run)


def _owner(run, what):
    if current is None:
        raise HostError("NO_RUN", f"{what} works only while a handler runs")
    return run if run is not None else current


def call(run, method, args, text="", then=None):
    """Makes a host call and answers what it came to, or what `then` makes of it. Raises HostError.
    Where calls are awaited, answers the call."""
    run = _owner(run, f"ctx.{method}")
    while args and args[-1] is None:
        args = args[:-1]
    try:
        sent = dumps(list(args))
    except (TypeError, ValueError, RecursionError) as error:
        raise HostError("INVALID_ARGUMENTS", f"ctx.{method}: {error}") from None
    if run.calls is not None:
        from annex._calls import Call

        return Call(run.calls, method, sent, text, then)
    value = value_of(wait_for(_js["call"], run.key, method, sent, text))
    return value if then is None else then(value)


def begin(key, id, method, sent, text):
    """Starts a call whose answer `next_answer` tells."""
    _js["begin"](key, id, method, sent, text)


def poll_answer(key):
    """An answer that is there, or an empty text."""
    return _js["poll"](key)


def next_answer(key, delay_ms):
    """The next answer: `id`, a line break, and what `value_of` reads. Empty after so many milliseconds; -1: never."""
    return wait_for(_js["next"], key, min(delay_ms, 2**31 - 1))


def value_of(answer):
    """What a call came to. Raises HostError."""
    mark = answer[0]
    if mark == "+":
        return loads(answer[1:], with_bytes=True) if len(answer) > 1 else None
    if mark == "-":
        code, _, message = answer[1:].partition("\n")
        raise HostError(code, message)
    raise RunEnded("the run is over")


def sleep(seconds):
    """As `time.sleep`: other runs go on meanwhile."""
    seconds = float(seconds)
    if not seconds >= 0:
        raise ValueError("sleep length must be non-negative")
    if current is None:
        raise HostError("NO_RUN", "time.sleep works only while a handler runs")
    if wait_for(_js["sleep"], current.key, min(seconds * 1000, 2**31 - 1)) != "+":
        raise RunEnded("the run is over")


LEVELS = {"debug": 0, "info": 1, "warn": 2, "warning": 2, "error": 3}


def log(run, level, message, fields=""):
    run = run if run is not None else current
    if run is not None:
        _js["log"](run.key, level, message, fields)


class Printed:
    """`sys.stdout` and `sys.stderr`: a log line for each line that is printed."""

    encoding = "utf-8"
    errors = "replace"
    closed = False

    def __init__(self, level):
        self._level = level

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        run = current
        if run is None:
            return len(text)
        buffered = run.line + text
        while True:
            end = buffered.find("\n")
            if end < 0 and len(buffered) <= MAX_LINE:
                break
            cut = end if end >= 0 else MAX_LINE
            log(run, self._level, buffered[:cut])
            buffered = buffered[cut + 1 if end >= 0 else cut:]
        run.line = buffered
        return len(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def flush(self):
        pass

    def isatty(self):
        return False

    def writable(self):
        return True

    def readable(self):
        return False

    def fileno(self):
        raise OSError("there is no file behind it")


def flush_line(run):
    if run.line:
        line, run.line = run.line, ""
        log(run, LEVELS["info"], line)


class NoInput:
    encoding = "utf-8"

    def _none(self, *_):
        return ""

    read = readline = _none

    def __iter__(self):
        return iter(())


def capture():
    sys.stdout = sys.__stdout__ = Printed(LEVELS["info"])
    sys.stderr = sys.__stderr__ = Printed(LEVELS["error"])
    sys.stdin = sys.__stdin__ = NoInput()
