"""Host calls of handlers written with `async def`: each is awaited, and several may be under way at once.

A call starts when it is awaited. One that is not awaited is done all the same: before the next that starts, when its
value is first used, or when the handler ends, and always in the order of the program.
"""

import collections.abc

from annex import _host
from annex._errors import RunEnded

_not_members = ("_", "cr_", "gi_", "ag_")


class Calls:
    """The calls of one run: those that nobody asked for yet, and those under way."""

    def __init__(self, key):
        self.key = key
        self.unstarted = []
        self.under_way = {}
        self.last = 0

    def take(self, call):
        """The call and those before it that did not start, in their order."""
        for index, each in enumerate(self.unstarted):
            if each is call:
                taken = self.unstarted[:index + 1]
                del self.unstarted[:index + 1]
                return taken
        return [call]

    def start(self, call):
        if call._id:
            return
        self.last += 1
        call._id = self.last
        self.under_way[call._id] = call
        _host.begin(self.key, call._id, call._method, call._sent, call._text)
        call._sent = call._text = ""

    def receive(self, text):
        """Takes an answer as `PythonRealm` sends it."""
        if text[:1] == "!":
            raise RunEnded("the run is over")
        id, _, answer = text.partition("\n")
        call = self.under_way.pop(int(id), None)
        if call is None:
            return
        call._answer = answer
        futures, call._futures = call._futures, []
        for future in futures:
            if not future.done():
                future.set_result(None)

    def settle(self, call):
        """Waits for a call where nothing can be awaited: the whole run waits with it."""
        for each in self.take(call):
            self.start(each)
            while each._answer is None:
                text = _host.next_answer(self.key, -1)
                if text:
                    self.receive(text)

    def finish(self):
        """Does what the handler did not wait for. Raises what a call came to."""
        while self.unstarted:
            call = self.unstarted[0]
            self.settle(call)
            call._value()


class Call(collections.abc.Coroutine):
    """A host call: `await` it, or use it as the value that it comes to."""

    __slots__ = ("_calls", "_method", "_sent", "_text", "_then", "_id", "_answer", "_futures", "_outcome", "_steps")

    def __init__(self, calls, method, sent, text, then):
        self._calls = calls
        self._method = method
        self._sent = sent
        self._text = text
        self._then = then
        self._id = 0
        self._answer = None
        self._futures = []
        self._outcome = None
        self._steps = None
        calls.unstarted.append(self)

    def __await__(self):
        for each in self._calls.take(self):
            self._calls.start(each)
            if each._answer is None:
                future = _running_loop().create_future()
                each._futures.append(future)
                yield from future
        return self._value()

    def _value(self):
        if self._outcome is None:
            try:
                value = _host.value_of(self._answer)
                self._outcome = (value if self._then is None else self._then(value), None)
            except Exception as error:
                self._outcome = (None, error)
        value, error = self._outcome
        if error is not None:
            raise error
        return value

    def _annex_settled(self):
        if self._outcome is None and self._answer is None:
            self._calls.settle(self)
        return self._value()

    # A task may be made of it, as of a coroutine.
    def send(self, value):
        if self._steps is None:
            self._steps = self.__await__()
        return self._steps.send(value)

    def throw(self, *error):
        if self._steps is None:
            self._steps = self.__await__()
        return self._steps.throw(*error)

    def close(self):
        if self._steps is not None:
            self._steps.close()

    def __getattr__(self, name):
        if name.startswith(_not_members):
            raise AttributeError(name)
        return getattr(self._annex_settled(), name)

    def __repr__(self):
        return repr(self._annex_settled())

    def __str__(self):
        return str(self._annex_settled())

    def __format__(self, kind):
        return format(self._annex_settled(), kind)

    # `asyncio.gather` keeps calls as keys: each is itself there, whatever it comes to.
    __hash__ = object.__hash__


def _running_loop():
    import asyncio

    return asyncio.get_running_loop()


def _delegate(name):
    import operator

    does = getattr(operator, name, None) or {
        "__bool__": bool, "__iter__": iter, "__len__": len, "__int__": int, "__float__": float, "__bytes__": bytes,
        "__reversed__": reversed, "__round__": round,
    }[name]

    def method(self, *args):
        return does(self._annex_settled(), *(settled(each) for each in args))

    method.__name__ = name
    setattr(Call, name, method)


def _delegate_reflected(name):
    import operator

    does = getattr(operator, f"__{name}__")

    def method(self, other):
        return does(other, self._annex_settled())

    method.__name__ = f"__r{name}__"
    setattr(Call, method.__name__, method)


for _name in (
    "bool iter len int float bytes reversed round index eq ne lt le gt ge contains getitem setitem delitem add sub mul "
    "truediv floordiv mod pow and or xor neg pos abs"
).split():
    _delegate(f"__{_name}__")
for _name in "add sub mul truediv floordiv mod and or xor".split():
    _delegate_reflected(_name)
Call.__abstractmethods__ = frozenset()


def settled(value):
    """The value of a call; anything else as it is."""
    return value._annex_settled() if type(value) is Call else value
