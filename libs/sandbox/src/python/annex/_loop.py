"""The event loop of a handler written with `async def`. It lives as long as its run, waits by suspending the run's stack,
and takes with it what the handler left going."""

import asyncio
import sys

from annex import _calls, _host
from annex._errors import RunEnded

# Rounds without an answer that a loop with calls under way may make before the isolate gets a turn to deliver one.
_BUSY_ROUNDS = 16


class _Waiting:
    """What asyncio calls a selector: waits for answers of host calls, and for time."""

    def __init__(self, calls):
        self._calls = calls
        self._busy = 0

    def select(self, timeout):
        if timeout == 0:
            if not self._calls.under_way:
                return []
            self._busy += 1
            if self._busy < _BUSY_ROUNDS:
                text = _host.poll_answer(self._calls.key)
                return [text] if text else []
        self._busy = 0
        # Rounded up: a timer that fires early would make the loop go round without work.
        delay = -1 if timeout is None else int(timeout * 1000) + 1
        text = _host.next_answer(self._calls.key, delay)
        return [text] if text else []

    def close(self):
        pass


class Loop(asyncio.BaseEventLoop):
    """Runs in the run that made it, and in no other."""

    def __init__(self):
        super().__init__()
        run = _host.current
        if run is None:
            raise RuntimeError("an event loop runs only while a handler runs")
        self._calls = run.calls or _calls.Calls(run.key)
        self._selector = _Waiting(self._calls)

    def _process_events(self, texts):
        for text in texts:
            self._calls.receive(text)

    def _write_to_self(self):
        pass

    def run_in_executor(self, executor, func, *args):
        # There are no threads: the run waits, and others go on.
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    def drop(self):
        """Ends what is left of a run that is over. What it does meanwhile reaches nobody."""
        self.set_exception_handler(lambda loop, context: None)
        for task in asyncio.all_tasks(self):
            task._log_destroy_pending = False
            coroutine = task.get_coro()
            try:
                coroutine.close()
            except BaseException:
                pass
        self._ready.clear()
        self._scheduled.clear()
        if not self.is_closed():
            self.close()


def run_to_end(main):
    """Runs a coroutine, then cancels what it left going and waits for that, as `asyncio.run` does."""
    return end(Loop(), _whole(main))


def end(loop, last):
    """Runs a coroutine as the last of its loop."""
    try:
        try:
            return loop.run_until_complete(last)
        finally:
            # Of a run that ended nothing is waited for.
            if not isinstance(sys.exception(), RunEnded):
                _cancel_all(loop)
                loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        loop.drop()


async def _whole(main):
    return await main


def _cancel_all(loop):
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    for task in left:
        if not task.cancelled() and task.exception() is not None:
            loop.call_exception_handler({"message": "a task failed after its handler", "exception": task.exception()})


def run(main, *, debug=None, loop_factory=None):
    """`asyncio.run`, in a handler that is none of its own."""
    if asyncio._get_running_loop() is not None:
        raise RuntimeError("asyncio.run() cannot be called from a running event loop; await it")
    return run_to_end(main)


def suspended(wait):
    """Starts something of JavaScript's and waits for it, and leaves asyncio's state of the thread as the run had it: other
    runs go on meanwhile. Pyodide makes futures of promises, in its own loop, so that one is the thread's until then."""
    web = asyncio.get_event_loop_policy().get_event_loop()

    def waits(start, *args):
        loop = asyncio._get_running_loop()
        task = None if loop is None else asyncio.current_task(loop)
        hooks = sys.get_asyncgen_hooks()
        if task is not None:
            asyncio.tasks._swap_current_task(loop, None)
        asyncio._set_running_loop(web)
        sys.set_asyncgen_hooks(None, None)
        try:
            return wait(start(*args))
        finally:
            asyncio._set_running_loop(loop)
            sys.set_asyncgen_hooks(*hooks)
            if task is not None:
                asyncio.tasks._swap_current_task(loop, task)

    return waits


def prepare():
    """Once, before the interpreter is kept: asyncio's own ways to a loop lead to this one."""
    asyncio.run = asyncio.runners.run = run
    asyncio.new_event_loop = asyncio.events.new_event_loop = Loop


def enter():
    """At the beginning of each stack: none of its loops runs yet, whatever ran before."""
    asyncio._set_running_loop(None)
