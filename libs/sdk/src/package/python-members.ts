/* eslint-disable max-len -- a name is one line of the stub */
/** Members of the Python module that are no host calls, as its stub has them. */

/** Which of the two kinds of `ctx`: the one whose calls wait, or the one whose calls are awaited (`Async`). */
interface Kind {
  prefix: '' | 'Async';
  /** The type of what a call comes to. */
  comes(result: string): string;
}

const requestOptions =
  'json: Any = None, params: Query = None, headers: Mapping[str, Any] | None = None, timeout: float | None = None, ' +
  'allow_redirects: bool = True';

const namespaceNames = {
  secrets: 'Secrets',
  http: 'Http',
  db: 'Db',
  files: 'Files',
  kv: 'Kv',
  email: 'Email',
  webhooks: 'Webhooks',
  agents: 'Agents',
  llm: 'Llm',
  jobs: 'Jobs',
  plugins: 'Plugins',
  templates: 'Templates',
  analytics: 'Analytics',
};

/** More lines of a class, by its name. */
export const pythonMembers: Record<string, ((kind: Kind) => string[]) | undefined> = {
  Secrets: () => [
    'def ref(self, name: SecretName) -> str:',
    '    """A placeholder that `ctx.http` replaces outside the sandbox, for hosts that the secret may go to."""',
  ],
  Http: ({ comes }) =>
    ['get', 'head', 'delete', 'post', 'put', 'patch'].map((method) => {
      const first = ['post', 'put', 'patch'].includes(method) ? 'data: Any = None, ' : '';
      // `get` has its parameters second, as `requests` does.
      const options =
        method === 'get' ? `params: Query = None, *, ${withoutParams(requestOptions)}` : `${first}*, ${requestOptions}`;
      return `def ${method}(self, url: str, ${options}) -> ${comes('Response')}: ...`;
    }),
  Db: ({ comes }) => [`def get(self, table: str, id: str) -> ${comes('Record | None')}: ...`],
  Files: ({ comes }) => [`def read_text(self, key: str, encoding: str = "utf-8") -> ${comes('str')}: ...`],
  PluginContext: ({ prefix, comes }) => [
    ...Object.entries(namespaceNames).map(([name, type]) => `${name}: ${prefix}${type}`),
    'log: Log',
    'logger: Log',
    ...(prefix === ''
      ? [
          'def __init__(self, tenant_id: str = "test-tenant", user_id: str | None = None, *, config: Any = None, permissions: Sequence[str] = ()) -> None: ...',
        ]
      : []),
    'tenant_id: str',
    'tenant: Record',
    'user: Record | None',
    'user_id: str | None',
    'plugin: Record',
    'run: RunInfo',
    'permissions: Permissions',
    'config: Record',
    'event: Record',
    'request: Request',
    'params: Record',
    'query: Record',
    'sync: PluginContext',
    `def shared(self, name: str) -> ${prefix}Kv:`,
    '    """A state that plugins share; `shared` in plugin.json names it."""',
    `def sleep(self, seconds: float) -> ${comes('None')}: ...`,
    'def wait_until(self, work: Any, *args: Any) -> None:',
    '    """Does this after the answer, as part of the run: a function, or what may be awaited."""',
  ],
};

function withoutParams(options: string): string {
  return options.replace('params: Query = None, ', '');
}

/** The rest of the module: what comes before the classes of host calls, and after. */
export const pythonModule = {
  opening: `from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar

Json = Any
Query = Mapping[str, Any] | str | None
_F = TypeVar("_F", bound=Callable[..., Any])
_S = TypeVar("_S", bound=Callable[..., Any] | type)
`,
  values: `class Record(dict[str, Any]):
    """A dict whose members may be read as attributes too."""
    def __getattr__(self, name: str) -> Any: ...

class Page(list[Any]):
    """A list that knows where the next one begins."""
    next_cursor: str | None

class Permissions(list[str]):
    def has(self, name: str) -> bool: ...

class RunInfo(Record):
    id: str
    kind: str
    name: str
    attempt: int
    deadline: datetime

class Headers(dict[str, str]):
    """Header fields whose names may be written in any case."""

class Response:
    """The answer to a request, as \`requests\` has it."""
    status_code: int
    status: int
    url: str | None
    headers: Headers
    ok: bool
    content: bytes
    text: str
    def json(self, **options: Any) -> Any: ...
    def raise_for_status(self) -> None: ...

class Request:
    """The request of a route."""
    method: str
    url: str
    path: str
    headers: Headers
    params: Record
    args: Record
    query: Record
    data: bytes
    body: bytes
    text: str
    form: Record
    json: Any
    def get_data(self, as_text: bool = False) -> Any: ...
    def get_json(self, force: bool = False, silent: bool = False) -> Any: ...

class Log:
    """Lines of the run's log. Keyword arguments become fields."""
    def debug(self, message: Any, *args: Any, **fields: Any) -> None: ...
    def info(self, message: Any, *args: Any, **fields: Any) -> None: ...
    def warning(self, message: Any, *args: Any, **fields: Any) -> None: ...
    def warn(self, message: Any, *args: Any, **fields: Any) -> None: ...
    def error(self, message: Any, *args: Any, **fields: Any) -> None: ...
`,
  closing: `def hook(event: str, *, where: Any = None) -> Callable[[_F], _F]:
    """Calls the function for each event of this name; \`*\` stands for one segment, \`**\` for many."""
def route(path: str, methods: Iterable[str] | str | None = None, *, auth: str | None = None, roles: Sequence[str] | str | None = None, cors: Any = None) -> Callable[[_F], _F]:
    """Serves \`/ext/<plugin><path>\`. \`<name>\` is a parameter, which the function is given by name."""
def job(name: JobName, schedule: str | None = None, **_ignored: Any) -> Callable[[_F], _F]:
    """Does the work of a job of the manifest."""
def filter(name: str, *, priority: float | None = None, timeout_ms: float | None = None, on_error: Literal["pass", "fail"] | None = None) -> Callable[[_F], _F]:
    """Looks at a value, and answers it or another."""
def source(name: str) -> Callable[[_S], _S]:
    """Brings events in: a class with \`poll(self, ctx, cursor)\` or \`receive(self, ctx)\`, or a function."""
def health(name: Any = "health") -> Any:
    """Says how the plugin is."""
def on_init(function: Any = None) -> Any: ...
def on_install(function: Any = None) -> Any: ...
def on_config_change(function: Any = None) -> Any: ...
def on_reload(function: Any = None) -> Any: ...
def on_shutdown(function: Any = None) -> Any: ...
def on_uninstall(function: Any = None) -> Any: ...

class HostError(Exception):
    """A host call was refused. \`code\` is stable, such as \`PERMISSION_DENIED\`."""
    code: str
    def __init__(self, code: str, message: str) -> None: ...

class HTTPError(Exception):
    """What \`raise_for_status\` raises."""
    response: Response
    def __init__(self, message: str, response: Response) -> None: ...

class NonRetryable(Exception):
    """The handler failed, and another attempt would fail as well."""

class RetryAfter(Exception):
    """The handler asks for its next attempt after a delay, in seconds or as a \`timedelta\` or a \`datetime\`."""
    def __init__(self, delay: float | timedelta | datetime | str = 0, message: str = "asked to be tried again later") -> None: ...
`,
};
