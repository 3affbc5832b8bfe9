"""Runs once, before the interpreter is kept: loads what plugins may import, so that no isolate has to."""

import gc
import importlib

from annex import _entry, _imports, testing  # noqa: F401: loaded here, or nobody could

_names = sorted((_imports.OWN | {
    "_strptime", "codecs", "encodings.idna", "encodings.latin_1", "encodings.utf_16", "errno", "inspect", "collections.abc",
    "concurrent.futures", "logging.handlers", "os", "pathlib", "pickle", "struct", "sys", "tokenize", "unittest.mock",
    "urllib.parse", "urllib.error", "weakref", "html.parser", "email.utils",
}) - {"annex", "src", "logging.handlers"})
for _name in _names:
    try:
        importlib.import_module(_name)
    except ImportError:
        pass
_entry.prepare()
gc.collect()
gc.freeze()
