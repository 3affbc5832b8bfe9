"""`ctx.http` and `ctx.plugins`: requests, answered as the `requests` library answers them."""

import base64
import json
import urllib.parse

from annex import _host
from annex._errors import HostError

APART_FROM = 64 * 1024


class Headers(dict):
    """Header fields whose names may be written in any case."""

    def __init__(self, pairs=()):
        super().__init__()
        for name, value in pairs:
            name = name.lower()
            value = f"{self[name]}, {value}" if name in self else value
            super().__setitem__(name, value)

    def __getitem__(self, name):
        return super().__getitem__(str(name).lower())

    def __contains__(self, name):
        return super().__contains__(str(name).lower())

    def get(self, name, default=None):
        return super().get(str(name).lower(), default)


class Response:
    """The answer to a request."""

    def __init__(self, answer):
        self.status_code = answer["status"]
        self.status = self.status_code
        self.url = answer.get("url")
        self.headers = Headers(answer["headers"])
        self._body = answer.get("body")

    @property
    def ok(self):
        return self.status_code < 400

    @property
    def content(self):
        body = self._body
        if body is None:
            return b""
        return base64.b64decode(body["data"]) if body["encoding"] == "base64" else body["data"].encode()

    @property
    def text(self):
        body = self._body
        if body is not None and body["encoding"] != "base64":
            return body["data"]
        return self.content.decode("utf-8", "replace")

    def json(self, **options):
        return json.loads(self.text, **options)

    def raise_for_status(self):
        if self.status_code >= 400:
            kind = "Client" if self.status_code < 500 else "Server"
            raise HTTPError(f"{self.status_code} {kind} Error for url: {self.url}", self)

    def __bool__(self):
        return self.ok

    def __repr__(self):
        return f"<Response [{self.status_code}]>"


class HTTPError(Exception):
    """What `raise_for_status` raises; `response` is the answer."""

    def __init__(self, message, response):
        super().__init__(message)
        self.response = response


def _pairs(call, headers):
    if headers is None:
        return []
    items = headers.items() if hasattr(headers, "items") else headers
    pairs = []
    for name, value in items:
        for each in value if isinstance(value, (list, tuple)) else [value]:
            if each is not None:
                pairs.append([str(name).lower(), str(each)])
    return pairs


def _body(call, json_body, data, pairs):
    """`(body, long text)`; adds the content type that fits."""
    kind = None
    if json_body is not None:
        kind, text = "application/json", _host.dumps(json_body, with_bytes=False)
    elif data is None:
        return None, ""
    elif isinstance(data, (bytes, bytearray, memoryview)):
        return {"encoding": "base64", "data": base64.b64encode(bytes(data)).decode("ascii")}, ""
    elif isinstance(data, str):
        text = data
    else:
        kind, text = "application/x-www-form-urlencoded", urllib.parse.urlencode(data, doseq=True)
    if kind is not None and all(name != "content-type" for name, _ in pairs):
        pairs.append(["content-type", kind])
    if call == "http.request" and len(text) >= APART_FROM:
        return {"encoding": "utf8", "data": None}, text
    return {"encoding": "utf8", "data": text}, ""


def _request(call, json_body, data, headers, params, timeout):
    try:
        pairs = _pairs(call, headers)
        body, text = _body(call, json_body, data, pairs)
    except (TypeError, ValueError, RecursionError) as error:
        raise HostError("INVALID_ARGUMENTS", f"ctx.{call}: {error}") from None
    request = {"headers": pairs, "body": body}
    if params:
        request["query"] = params
    if timeout is not None:
        seconds = max(timeout) if isinstance(timeout, tuple) else timeout
        request["timeout_ms"] = int(float(seconds) * 1000)
    return request, text


class Http:
    """Outbound HTTP, to the hosts of `http.allow` in the manifest."""

    def __init__(self, run):
        self._run = run

    def request(
        self, method, url, *, params=None, query=None, data=None, body=None, json=None, headers=None, timeout=None,
        allow_redirects=True,
    ):
        request, text = _request(
            "http.request", json, data if data is not None else body, headers, params or query, timeout
        )
        request["method"] = str(method).upper()
        request["url"] = str(url)
        if not allow_redirects:
            request["redirect"] = "manual"
        return _host.call(self._run, "http.request", [request], text, then=Response)

    def get(self, url, params=None, **options):
        return self.request("GET", url, params=params, **options)

    def head(self, url, **options):
        return self.request("HEAD", url, **options)

    def delete(self, url, **options):
        return self.request("DELETE", url, **options)

    def post(self, url, data=None, json=None, **options):
        return self._send("POST", url, data, json, options)

    def put(self, url, data=None, json=None, **options):
        return self._send("PUT", url, data, json, options)

    def patch(self, url, data=None, json=None, **options):
        return self._send("PATCH", url, data, json, options)

    def _send(self, method, url, data, json, options):
        # A list or a dict without a name is what TypeScript's `ctx.http.post` takes as JSON, and so is ours.
        if json is None and isinstance(data, (dict, list)):
            kind = Headers((options.get("headers") or {}).items()).get("content-type", "")
            if "form-urlencoded" not in kind:
                json, data = data, None
        return self.request(method, url, data=data, json=json, **options)


class Plugins:
    """Routes of the plugins named in `dependencies`."""

    def __init__(self, run):
        self._run = run

    def call(
        self, slug, path, *, method=None, params=None, query=None, data=None, body=None, json=None, headers=None,
        timeout=None,
    ):
        request, _ = _request(
            "plugins.call", json, data if data is not None else body, headers, params or query, timeout
        )
        if method is not None:
            request["method"] = str(method).upper()
        return _host.call(self._run, "plugins.call", [slug, path, request], then=Response)
