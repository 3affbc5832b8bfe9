"""Errors that a plugin meets, and how a failure is told to the platform."""

MAX_FRAMES = 24
OWN_FOLDER = "/plugin/"


class HostError(Exception):
    """A host call was refused. `code` is stable, such as `PERMISSION_DENIED`."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class NonRetryable(Exception):
    """The handler failed, and another attempt would fail as well."""


class RetryAfter(Exception):
    """The handler asks for its next attempt after a delay, in seconds or as a `timedelta` or a `datetime`."""

    def __init__(self, delay=0, message="asked to be tried again later"):
        if isinstance(delay, str):
            delay, message = (0 if message == "asked to be tried again later" else message), delay
        super().__init__(message)
        self.delay = delay


class RunEnded(BaseException):
    """Thrown into a handler that still waits although its run is over, so that its stack unwinds."""


def delay_ms(delay):
    """Milliseconds from now; never less than none."""
    if hasattr(delay, "total_seconds"):
        seconds = delay.total_seconds()
    elif hasattr(delay, "timestamp"):
        import time

        seconds = delay.timestamp() - time.time()
    else:
        seconds = float(delay)
    return max(0.0, seconds * 1000) if seconds == seconds else 0.0


def describe(error):
    """`(code, message, stack, delay in milliseconds)` of what a handler raised. Never raises."""
    try:
        return _describe(error)
    except BaseException:
        return ("PLUGIN_ERROR", "the handler raised something that cannot be shown", "", 0)


def _describe(error):
    kind = type(error)
    name = str(kind.__name__)[:200]
    try:
        text = str(error)[:8192]
    except BaseException:
        text = "(its text cannot be shown)"
    if kind is KeyError and error.args:
        text = repr(error.args[0])[:8192]
    if kind is SyntaxError and error.filename:
        text = f"{error.msg} ({place_of(error.filename)}:{error.lineno}:{error.offset or 1})"
    delay = 0
    code = "PLUGIN_ERROR"
    message = f"{name}: {text}" if text else name
    if isinstance(error, NonRetryable):
        code, message = "NON_RETRYABLE", text or "not retryable"
    elif isinstance(error, RetryAfter):
        code, message, delay = "RETRY_AFTER", text, delay_ms(error.delay)
    elif kind is HostError:
        message = text
    elif kind is MemoryError:
        code = "MEMORY_LIMIT"
    return (code, message, stack_of(error, message), delay)


def place_of(filename):
    return filename[len(OWN_FOLDER):] if filename.startswith(OWN_FOLDER) else filename


def stack_of(error, message):
    """Where it was raised, the last call first, of the author's own files and what they called."""
    lines = [message]
    seen = set()
    while error is not None and id(error) not in seen and len(seen) < 4:
        seen.add(id(error))
        if len(seen) > 1:
            lines.append(f"Caused by: {type(error).__name__}: {str(error)[:500]}")
        frames = []
        step = error.__traceback__
        while step is not None:
            code = step.tb_frame.f_code
            if not code.co_filename.startswith("/annex/"):
                frames.append((code.co_name, code.co_filename, step.tb_lineno))
            step = step.tb_next
        for name, filename, line in reversed(frames[-MAX_FRAMES:]):
            lines.append(f"    at {name} ({place_of(filename)}:{line})")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(lines)[:16384]


