/**
 * One A2A agent, as far as an Annex asks it: take a question, tell how far it is, forget it. The SDK speaks the
 * protocol; every request leaves through an egress, and nothing that the agent names is followed to another host.
 */
import { type AgentCard, type Message, type Part, Role, type Task, TaskState, taskStateToJSON } from '@a2a-js/sdk';
import { DefaultAgentCardResolver, JsonRpcTransportFactory } from '@a2a-js/sdk/client';
import { isAnnexError, messageOf } from '@annex/kernel';
import { agentLimits } from '@annex/limits';
import type { EgressPort } from '../ports.js';

/** Where an agent takes calls, and which version of A2A it speaks there. */
export interface AgentEndpoint {
  url: string;
  version: '1.0' | '0.3';
}

/** How far an agent is with a question. */
export interface AgentProgress {
  /** `null`: it answered at once, with a message and no task. */
  taskId: string | null;
  /** In A2A's words, such as `working`. */
  state: string;
  /** `open`: it works on it. `asks`: it wants to know more. */
  stand: 'open' | 'completed' | 'failed' | 'asks';
  /** All that it said. */
  text: string;
  /** Parts of its answer that are data. */
  data: unknown[];
}

/** An answer of the agent's server, as it came. */
export interface AgentResponse {
  status: number;
  headers: [string, string][];
  body: Uint8Array;
  cut: boolean;
}

/** A request to an agent that came to no answer that can be used. */
export class AgentCallError extends Error {
  override readonly name = 'AgentCallError';
  constructor(
    readonly code: string,
    message: string,
    readonly details: {
      /** `undefined`: none came. */
      response?: AgentResponse | undefined;
      /** The agent does not know the method, or the version of the protocol. */
      isUnknownMethod?: boolean;
      /** It does not know the task. */
      isUnknownTask?: boolean;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: details.cause });
  }
}

export interface A2aAgentOptions {
  /** Makes a request; what it needs to know of the tenant is bound already. */
  request: (call: {
    method: string;
    url: string;
    headers: [string, string][];
    body: Uint8Array | null;
  }) => ReturnType<EgressPort['request']>;
  headers: readonly [string, string][];
}

const codes = { methodNotFound: -32601, taskNotFound: -32001, versionNotSupported: -32009 } as const;

export class A2aAgent {
  /** The last answer that came, for the delivery log. */
  lastResponse: AgentResponse | undefined;

  constructor(private readonly options: A2aAgentOptions) {}

  /**
   * Where the agent takes calls. A URL with a path is that place; one without is where its card lies, which says the
   * path. A card that names another host is not followed there: the token is for the host that an admin wrote down.
   */
  async locate(url: string, version: AgentEndpoint['version'] | null): Promise<AgentEndpoint> {
    const { pathname, search, origin } = new URL(url);
    if (pathname !== '/' || search !== '') return { url, version: version ?? '1.0' };
    const resolver = new DefaultAgentCardResolver({ fetchImpl: this.#fetch(), legacyCompat: { enabled: true } });
    const card = await this.#call(() => resolver.resolve(origin));
    const spoken = card.supportedInterfaces.filter(({ protocolBinding }) => protocolBinding === 'JSONRPC');
    const found = spoken.find(({ protocolVersion }) => (version ?? '1.0') === majorOf(protocolVersion)) ?? spoken[0];
    const place = found && URL.parse(found.url, origin);
    if (!found || !place)
      throw new AgentCallError('AGENT_CARD', 'The card of the agent names no JSON-RPC interface, which is needed.', {
        response: this.lastResponse,
      });
    return {
      url: new URL(place.pathname + place.search, origin).href,
      version: version ?? majorOf(found.protocolVersion),
    };
  }

  /** Asks a question. An agent that speaks the older protocol is asked in that: `speaks` is told. */
  async ask(
    endpoint: AgentEndpoint,
    { messageId, contextId, text }: { messageId: string; contextId: string; text: string },
    speaks: (endpoint: AgentEndpoint) => void,
  ): Promise<AgentProgress> {
    const message: Message = {
      messageId,
      contextId,
      taskId: '',
      role: Role.ROLE_USER,
      parts: [{ content: { $case: 'text', value: text }, metadata: undefined, filename: '', mediaType: 'text/plain' }],
      metadata: undefined,
      extensions: [],
      referenceTaskIds: [],
    };
    const configuration = {
      acceptedOutputModes: ['text/plain', 'application/json'],
      taskPushNotificationConfig: undefined,
      // The agent is asked later how far it is; nobody waits at an open connection.
      returnImmediately: true,
    };
    const send = async (to: AgentEndpoint): Promise<AgentProgress> => {
      const transport = await this.#transport(to);
      const request = { tenant: '', message, configuration, metadata: undefined };
      return progressOf(await this.#call(() => transport.sendMessage(request)));
    };
    try {
      return await send(endpoint);
    } catch (thrown) {
      // Nothing was asked: it does not know how to be asked so.
      if (!(thrown instanceof AgentCallError && thrown.details.isUnknownMethod) || endpoint.version === '0.3')
        throw thrown;
      const older: AgentEndpoint = { ...endpoint, version: '0.3' };
      const answer = await send(older);
      speaks(older);
      return answer;
    }
  }

  /** How far the agent is. */
  async look(endpoint: AgentEndpoint, taskId: string): Promise<AgentProgress> {
    const transport = await this.#transport(endpoint);
    return progressOf(await this.#call(() => transport.getTask({ tenant: '', id: taskId, historyLength: 0 })));
  }

  /** The task of a question whose answer was lost; `undefined`: the agent has none, or cannot tell. */
  async find(endpoint: AgentEndpoint, contextId: string): Promise<string | undefined> {
    const transport = await this.#transport(endpoint);
    const request = {
      ...{ tenant: '', contextId, status: TaskState.TASK_STATE_UNSPECIFIED, pageSize: 1, pageToken: '' },
      ...{ historyLength: 0, statusTimestampAfter: undefined, includeArtifacts: false },
    };
    try {
      const { tasks } = await this.#call(() => transport.listTasks(request));
      return tasks.find((task) => task.contextId === contextId)?.id;
    } catch (thrown) {
      if (thrown instanceof AgentCallError && thrown.details.isUnknownMethod) return undefined;
      throw thrown;
    }
  }

  /** Asks the agent to stop working on a task. */
  async cancel(endpoint: AgentEndpoint, taskId: string): Promise<void> {
    const transport = await this.#transport(endpoint);
    await this.#call(() => transport.cancelTask({ tenant: '', id: taskId, metadata: undefined }));
  }

  #transport({ url, version }: AgentEndpoint): ReturnType<JsonRpcTransportFactory['create']> {
    const factory = new JsonRpcTransportFactory({ fetchImpl: this.#fetch(), legacyCompat: { enabled: true } });
    const interfaces = [{ url, protocolBinding: 'JSONRPC', protocolVersion: version, tenant: '' }];
    return factory.create(url, { ...emptyCard, supportedInterfaces: interfaces });
  }

  #fetch(): typeof fetch {
    return async (input, init) => {
      const given = [...new Headers(init?.headers)].filter(([name]) => !this.#has(name));
      const response = await this.options.request({
        method: init?.method ?? 'GET',
        url: typeof input === 'string' ? input : input instanceof URL ? input.href : input.url,
        headers: [...given, ...this.options.headers],
        body: typeof init?.body === 'string' ? Buffer.from(init.body) : null,
      });
      this.lastResponse = response;
      const { status, body, headers } = response;
      const type = headers.find(([name]) => name === 'content-type')?.[1] ?? 'application/json';
      const hasBody = status >= 200 && ![204, 205, 304].includes(status);
      return new Response(hasBody ? Buffer.from(body) : null, {
        status: status < 200 ? 502 : status,
        headers: { 'content-type': type },
      });
    };
  }

  #has(name: string): boolean {
    return this.options.headers.some(([own]) => own.toLowerCase() === name);
  }

  /** A call whose faults have one form, whoever found them: the egress, the server or the SDK. */
  async #call<T>(work: () => Promise<T>): Promise<T> {
    this.lastResponse = undefined;
    try {
      return await work();
    } catch (thrown) {
      const response = this.lastResponse as AgentResponse | undefined;
      if (isAnnexError(thrown)) throw thrown;
      throw callError(thrown, response);
    }
  }
}

function callError(thrown: unknown, response: AgentResponse | undefined): AgentCallError {
  const code = errorCode(thrown);
  if (code === undefined && response && (response.status < 200 || response.status >= 300))
    return new AgentCallError(`HTTP_${response.status}`, `The agent answered ${response.status}.`, {
      response,
      // A server of the older protocol may not even know the way in which it is asked.
      isUnknownMethod: response.status === 404 || response.status === 405 || response.status === 501,
      cause: thrown,
    });
  return new AgentCallError(code === undefined ? 'A2A' : `A2A_${code}`, messageOf(thrown).slice(0, 500), {
    response,
    isUnknownMethod: code === codes.methodNotFound || code === codes.versionNotSupported,
    isUnknownTask: code === codes.taskNotFound,
    cause: thrown,
  });
}

/** The JSON-RPC code that an agent answered. */
function errorCode(thrown: unknown): number | undefined {
  const { envelopeCode } = thrown as { envelopeCode?: unknown };
  return typeof envelopeCode === 'number' ? envelopeCode : undefined;
}

function majorOf(version: string): AgentEndpoint['version'] {
  return version.startsWith('0.') ? '0.3' : '1.0';
}

function progressOf(result: Message | Task): AgentProgress {
  if ('messageId' in result) {
    const { text, data } = contentOf(result.parts);
    return { taskId: null, state: 'completed', stand: 'completed', text, data };
  }
  const state = result.status?.state ?? TaskState.TASK_STATE_UNSPECIFIED;
  const parts = result.artifacts.flatMap((artifact) => artifact.parts);
  // What it says of its state matters where it made nothing.
  const said =
    parts.length > 0 && state === TaskState.TASK_STATE_COMPLETED ? [] : (result.status?.message?.parts ?? []);
  return {
    taskId: result.id,
    state: taskStateToJSON(state).replace('TASK_STATE_', '').toLowerCase().replaceAll('_', '-'),
    stand: standOf(state),
    ...contentOf([...parts, ...said]),
  };
}

function standOf(state: TaskState): AgentProgress['stand'] {
  switch (state) {
    case TaskState.TASK_STATE_COMPLETED:
      return 'completed';
    case TaskState.TASK_STATE_FAILED:
    case TaskState.TASK_STATE_CANCELED:
    case TaskState.TASK_STATE_REJECTED:
      return 'failed';
    case TaskState.TASK_STATE_INPUT_REQUIRED:
    case TaskState.TASK_STATE_AUTH_REQUIRED:
      return 'asks';
    default:
      return 'open';
  }
}

function contentOf(parts: readonly Part[]): Pick<AgentProgress, 'text' | 'data'> {
  const texts: string[] = [];
  const data: unknown[] = [];
  for (const { content } of parts) {
    if (content?.$case === 'text') texts.push(content.value);
    else if (content?.$case === 'data') data.push(content.value);
  }
  const text = Buffer.from(texts.join('\n'));
  // A cut through a character leaves U+FFFD, no more.
  return { text: text.subarray(0, agentLimits.keptTextBytes).toString(), data };
}

const emptyCard: AgentCard = {
  name: '',
  description: '',
  supportedInterfaces: [],
  provider: undefined,
  version: '',
  capabilities: undefined,
  securitySchemes: {},
  securityRequirements: [],
  defaultInputModes: [],
  defaultOutputModes: [],
  skills: [],
  signatures: [],
};
