"""What a handler came to, as the text that it crosses with; see `answerPython`."""

import base64

from annex import _calls, _json, _rest


def of_value(kind, result):
    """The answer of any handler that is no route's."""
    if result is None or kind in ("hook", "lifecycle") and not _is_json(result):
        return "0"
    return "=" + _json.dumps(result)


def _is_json(result):
    try:
        _json.dumps(result)
        return True
    except (TypeError, ValueError, RecursionError):
        return False


def of_route(result, run):
    """The answer of a route: a body, or `(body, status)`, or `(body, status, headers)`. A generator is streamed."""
    status, headers = 200, []
    if isinstance(result, tuple) and len(result) in (2, 3):
        body, status = result[0], result[1]
        if isinstance(status, bool) or not isinstance(status, int):
            raise TypeError("a route's answer is a body, or (body, status), or (body, status, headers)")
        if not 200 <= status <= 599:
            raise ValueError(f"the response status {status} is not between 200 and 599")
        if len(result) == 3 and result[2]:
            items = result[2].items() if hasattr(result[2], "items") else result[2]
            for name, value in items:
                for each in value if isinstance(value, (list, tuple)) else [value]:
                    headers.append((str(name).lower(), str(each)))
    else:
        body = result
    body = _calls.settled(body)
    text = "".join(f"{name}\n{value}\n" for name, value in headers)
    if text.count("\n") != 2 * len(headers):
        raise ValueError("a response header contains a line break")
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError("a response header contains a character that no header carries; encode it") from None
    kinds = [value for name, value in headers if name == "content-type"]
    encoding = "utf8"
    if body is None and (status == 200 or status in (204, 205) or 300 <= status < 400):
        status, encoding, content = 204 if status == 200 else status, "", ""
    elif _rest.is_stream(body):
        _rest.keep_stream(run, body)
        text = text if kinds else f"content-type\ntext/plain; charset=utf-8\n{text}"
        return f"~{status}\nstream\n{len(text)}\n{text}"
    elif isinstance(body, (bytes, bytearray, memoryview)):
        encoding, content = "base64", base64.b64encode(bytes(body)).decode("ascii")
        text = text if kinds else f"content-type\napplication/octet-stream\n{text}"
    elif isinstance(body, str) and kinds and "json" not in kinds[-1].lower():
        content = body
    else:
        content = _json.dumps(body, with_bytes=False)
        text = text if kinds else f"content-type\napplication/json; charset=utf-8\n{text}"
    return f"#{status}\n{encoding}\n{len(text)}\n{text}{content}"
