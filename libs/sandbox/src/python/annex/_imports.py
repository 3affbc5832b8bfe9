"""What the files of a package may import, and how its own modules are found. A promise of the guide, not a wall: what
contains a plugin is its isolate and its process."""

import ast
import builtins
import importlib.abc
import importlib.util
import io
import sys
import types

from annex._errors import OWN_FOLDER

OWN = frozenset(
    "__future__ abc annex asyncio base64 bisect calendar collections contextlib contextvars copy csv dataclasses "
    "datetime decimal difflib enum fractions functools hashlib heapq hmac html io itertools json logging math numbers "
    "operator pprint random re secrets src statistics string textwrap time traceback types typing unicodedata unittest "
    "urllib uuid warnings zlib zoneinfo".split()
)
VENDORED = OWN | frozenset(
    "_collections_abc _multibytecodec _thread array ast atexit binascii builtins cmath codecs colorsys copyreg dis email encodings "
    "errno fnmatch gc genericpath gettext glob graphlib hashlib importlib inspect ipaddress keyword linecache locale "
    "marshal mimetypes ntpath opcode optparse os pathlib pickle pkgutil platform posixpath quopri reprlib sched shlex "
    "stat stringprep struct sys tempfile token tokenize tomllib typing_extensions weakref xml string threading zipimport".split()
)
# Never, whoever asks: the ways to JavaScript and to the machine.
NEVER = frozenset("js pyodide pyodide_js _pyodide _pyodide_core ctypes _ctypes subprocess socket _socket ssl".split())
# Parts of an allowed name that are not allowed.
DENIED_PARTS = ("urllib.request", "urllib.robotparser", "asyncio.subprocess", "unittest.mock.os")

_files = {}
_data = {}
_roots = [""]
_import = builtins.__import__


def is_vendored(path):
    return path.startswith("vendor/") or "/vendor/" in path


def place(files, data, entry):
    """Makes the files of a package known. `data` holds bytes."""
    _files.clear()
    _files.update(files)
    _data.clear()
    _data.update(data)
    folder = entry.rpartition("/")[0]
    _roots[:] = dict.fromkeys([folder + "/" if folder else "", "", "vendor/", folder + "/vendor/" if folder else "vendor/"])


def _find(name):
    """`(path, whether it is a package)` of one of the package's modules; a folder without `__init__.py` has no path."""
    stem = name.replace(".", "/")
    for root in _roots:
        for path, is_package in ((f"{root}{stem}/__init__.py", True), (f"{root}{stem}.py", False)):
            if path in _files:
                return path, is_package
    for root in _roots:
        if any(path.startswith(f"{root}{stem}/") for path in _files):
            return None, True
    return None


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds and runs the package's own modules."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in sys.stdlib_module_names:
            return None
        found = _find(name)
        if found is None:
            return None
        path, is_package = found
        spec = importlib.util.spec_from_loader(name, self, origin=OWN_FOLDER + (path or ""), is_package=is_package)
        if path is None:
            spec.loader_state = ""
        else:
            spec.loader_state = path
            spec.has_location = True
        return spec

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        path = module.__spec__.loader_state
        if path:
            run_file(path, module)

    def get_source(self, name):
        found = _find(name)
        return None if found is None or found[0] is None else _files[found[0]]

    def is_package(self, name):
        found = _find(name)
        return found is not None and found[1]

    def get_data(self, path):
        return _open_bytes(path)


def run_file(path, module):
    """Runs a file of the package as this module."""
    code = compile(_files[path], OWN_FOLDER + path, "exec", dont_inherit=True)
    module.__dict__["__builtins__"] = _vendored_builtins if is_vendored(path) else _own_builtins
    exec(code, module.__dict__)


def _refusal(name, is_vendor):
    top = name.partition(".")[0]
    hints = {
        "requests": "use ctx.http, which answers the same way",
        "httpx": "use ctx.http",
        "aiohttp": "use ctx.http",
        "os": "settings are in ctx.config, secrets in ctx.secrets, files in ctx.files",
        "sys": "print and ctx.log write to the run's log",
        "socket": "use ctx.http",
        "threading": "the platform runs handlers side by side",
        "subprocess": "a plugin starts no programs",
        "sqlite3": "use ctx.db",
        "smtplib": "use ctx.email",
        "pathlib": "open() reads the package's files, ctx.files the tenant's",
    }
    hint = hints.get(top) or (
        "put a pure Python package under vendor/" if top not in sys.stdlib_module_names else "docs/python.md lists what is there"
    )
    return f"{name!r} is not there in a plugin; {hint}"


def may_import(name, is_vendor):
    """Whether a file of the package may import this module by its full name."""
    top = name.partition(".")[0]
    if top in NEVER or name.startswith("annex._") or name in DENIED_PARTS:
        return False
    return top in (VENDORED if is_vendor else OWN) or (top not in sys.stdlib_module_names and _find(top) is not None)


def _gate(is_vendor):
    def __import__(name, globals=None, locals=None, fromlist=(), level=0):
        full = name
        if level > 0:
            package = (globals or {}).get("__package__") or ""
            full = importlib.util.resolve_name("." * level + name, package) if package else name
        if not may_import(full, is_vendor):
            raise ModuleNotFoundError(_refusal(full, is_vendor), name=full)
        if full == "src.ext.sdk" and "src.ext.sdk" not in sys.modules:
            alias()
        if "." in full and full not in sys.modules:
            importlib.import_module(full)
        for each in fromlist or ():
            if isinstance(each, str) and not may_import(f"{full}.{each}", is_vendor):
                raise ModuleNotFoundError(_refusal(f"{full}.{each}", is_vendor), name=full)
        return _import(name, globals, locals, fromlist, level)

    return __import__


def _open_bytes(path):
    name = str(path).replace("\\", "/")
    name = name[len(OWN_FOLDER):] if name.startswith(OWN_FOLDER) else name.removeprefix("./")
    if name in _data:
        return _data[name]
    if name in _files:
        return _files[name].encode()
    raise FileNotFoundError(2, "there is no such file in the package", str(path))


def open_file(file, mode="r", buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None):
    """Reads a file of the package; there are no others."""
    if not set(mode) <= set("rtbU"):
        raise PermissionError(13, "files of a package are read only; ctx.files keeps what a plugin writes", str(file))
    raw = io.BytesIO(_open_bytes(file))
    return raw if "b" in mode else io.TextIOWrapper(raw, encoding or "utf-8", errors, newline)


def _no_input(prompt=""):
    raise EOFError("nobody answers input() in a plugin")


def _builtins_for(is_vendor):
    table = dict(vars(builtins))
    table.update(__import__=_gate(is_vendor), open=open_file, input=_no_input)
    for name in ("breakpoint", "exit", "quit", "help", "copyright", "credits", "license"):
        table.pop(name, None)
    return table


_own_builtins = _builtins_for(False)
_vendored_builtins = _builtins_for(True)


def alias():
    """`src.ext.sdk`, as plugins of the older system import it."""
    import annex

    for name in ("src", "src.ext"):
        module = types.ModuleType(name)
        module.__path__ = []
        sys.modules.setdefault(name, module)
    sys.modules["src.ext.sdk"] = annex
    sys.modules["src"].ext = sys.modules["src.ext"]
    sys.modules["src.ext"].sdk = annex


def faults(paths):
    """Everything that is wrong with these files before they run, as `[path, line, column, code, detail]`."""
    found = []
    for path in paths:
        try:
            tree = ast.parse(_files[path], path)
        except SyntaxError as error:
            found.append([path, error.lineno or 1, error.offset or 1, "SYNTAX", f"{error.msg}."])
            continue
        except (ValueError, RecursionError, MemoryError) as error:
            found.append([path, 1, 1, "SYNTAX", f"{error}."])
            continue
        if not is_vendored(path):
            found.extend(_import_faults(path, tree))
        if len(found) > 50:
            break
    return found[:50]


def _import_faults(path, tree):
    guarded = _guarded_imports(tree)
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [node.module]
        for name in names:
            if not may_import(name, False) and node not in guarded:
                yield [path, node.lineno, node.col_offset + 1, "IMPORT", _refusal(name, False) + "."]


def _guarded_imports(tree):
    """Imports that a `try` prepares for: the program goes on without them."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Try) and node.handlers:
            for each in node.body:
                found.update(inner for inner in ast.walk(each) if isinstance(inner, (ast.Import, ast.ImportFrom)))
    return found
