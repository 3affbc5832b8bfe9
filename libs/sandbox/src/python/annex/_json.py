"""JSON as it crosses between a plugin and the platform: nothing is lost in silence, and no depth ends the interpreter."""

import base64
import datetime
import enum
import json
import json.decoder
import json.encoder
import re
import uuid

MAX_DEPTH = 800

_token = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)
_make_encoder = json.encoder.c_make_encoder
_text_of = json.encoder.encode_basestring
_ascii_of = json.encoder.encode_basestring_ascii
_scan = json.decoder.JSONDecoder().raw_decode
_b64encode = base64.b64encode
_b64decode = base64.b64decode


def _is_deep(text):
    """Whether a text nests deeper than the interpreter's own stack bears."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    depth = 0
    for match in _token.finditer(text):
        first = match.group()[0]
        if first in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif first != '"':
            depth -= 1
    return False


def too_deep():
    return RecursionError(f"the JSON nests deeper than {MAX_DEPTH} levels")


def _check_depth(value):
    """Raises for lists and dicts that nest deeper than the interpreter's own stack bears, or that hold themselves."""
    level = [value]
    for _ in range(MAX_DEPTH):
        deeper = []
        for each in level:
            if isinstance(each, dict):
                deeper.extend(item for item in each.values() if isinstance(item, (dict, list, tuple)))
            elif isinstance(each, (list, tuple)):
                deeper.extend(item for item in each if isinstance(item, (dict, list, tuple)))
        if not deeper:
            return
        level = deeper
        if len(level) > 200_000:
            level = level[:200_000]
    raise too_deep()


def guard():
    """Puts the depth limit before every way into the C scanner and encoder."""
    decode = json.decoder.JSONDecoder.raw_decode
    encode = json.encoder.JSONEncoder.iterencode

    def raw_decode(self, s, idx=0):
        if isinstance(s, str) and _is_deep(s):
            raise too_deep()
        return decode(self, s, idx)

    def iterencode(self, o, _one_shot=False):
        _check_depth(o)
        return encode(self, o, _one_shot)

    json.decoder.JSONDecoder.raw_decode = raw_decode
    json.encoder.JSONEncoder.iterencode = iterencode


def _extra(value):
    settled = getattr(type(value), "_annex_settled", None)
    if settled is not None:
        return settled(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"$bytes": _b64encode(bytes(value)).decode("ascii")}
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, enum.Enum):
        return value.value
    raise TypeError(f"a {type(value).__name__} is not JSON; write it as text, a number, a list or a dict")


def _no_bytes(value):
    if isinstance(value, (bytes, bytearray, memoryview)):
        raise TypeError("bytes are not JSON; decode them, or return them alone")
    return _extra(value)


def dumps(value, with_bytes=True):
    """JSON text. Raises TypeError or ValueError for what JSON would lose."""
    if isinstance(value, (dict, list, tuple)):
        _check_depth(value)
    extra = _extra if with_bytes else _no_bytes
    text = _encode(value, extra, _text_of)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            text = _encode(value, extra, _ascii_of)
    return text


def _encode(value, extra, text_of):
    encoder = _make_encoder({}, extra, text_of, None, ":", ",", False, False, False)
    return "".join(encoder(value, 0))


def _revive(value):
    if len(value) == 1 and isinstance(value.get("$bytes"), str):
        return _b64decode(value["$bytes"])
    return value


_with_bytes = json.decoder.JSONDecoder(object_hook=_revive).decode
_plain = json.decoder.JSONDecoder().decode


def loads(text, with_bytes=False):
    """What a JSON text holds; tagged bytes as bytes."""
    if with_bytes and '"$bytes"' in text:
        return _with_bytes(text)
    return _plain(text)
