/** An A2A agent as others write one: the SDK's own server, on a free port, with what it was asked written down. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AgentCard, Message, Task, TaskState } from '@a2a-js/sdk';
import {
  AgentEvent,
  DefaultRequestHandler,
  InMemoryTaskStore,
  JsonRpcTransportHandler,
  ServerCallContext,
  UnauthenticatedUser,
  type AgentExecutor,
  type ExecutionEventBus,
  type RequestContext,
} from '@a2a-js/sdk/server';

/** What the agent was asked. */
export interface AskedOfAgent {
  messageId: string;
  text: string;
  taskId: string;
}

export interface A2aServer {
  url: string;
  /** Every question that the agent began to work on. */
  asked: AskedOfAgent[];
  /** Header fields of the latest request. */
  headers: Record<string, string | string[] | undefined>;
  /** Tasks that somebody cancelled. */
  cancelled: string[];
  /** Ends a task; those that nobody ends go on for ever. */
  answer(taskId: string, text: string, state?: TaskState): Promise<void>;
  /** What a question is answered at once, instead of going on; `undefined`: it goes on. */
  onAsked: (asked: AskedOfAgent) => { text: string; state: TaskState } | undefined;
  /** Breaks the connection of a request after it was worked on, so that its answer is lost. */
  losesAnswerTo: (method: string) => boolean;
  /** Stops to listen. */
  away(): Promise<void>;
  /** Listens again, at the same place; what it knew it knows. */
  back(): Promise<void>;
  stop(): Promise<void>;
}

/** @param token what a caller has to bring */
export async function startA2aServer({ token }: { token?: string } = {}): Promise<A2aServer> {
  const buses = new Map<string, { bus: ExecutionEventBus; contextId: string }>();
  const publish = (taskId: string, state: TaskState, text?: string): void => {
    const known = buses.get(taskId);
    known?.bus.publish(AgentEvent.statusUpdate(statusOf(taskId, known.contextId, { state, text })));
  };
  const executor: AgentExecutor = {
    async execute({ userMessage, taskId, contextId }: RequestContext, bus: ExecutionEventBus) {
      const [part] = userMessage.parts;
      const text = part?.content?.$case === 'text' ? part.content.value : '';
      const asked = { messageId: userMessage.messageId, text, taskId };
      buses.set(taskId, { bus, contextId });
      server.asked.push(asked);
      bus.publish(
        AgentEvent.task(
          Task.fromJSON({
            id: taskId,
            contextId,
            status: { state: 'TASK_STATE_WORKING' },
            history: [Message.toJSON(userMessage)],
          }),
        ),
      );
      const end = server.onAsked(asked);
      const ended = new Promise<void>((resolve) => ends.set(taskId, resolve));
      if (end) await server.answer(taskId, end.text, end.state);
      await ended;
    },
    async cancelTask(taskId: string) {
      server.cancelled.push(taskId);
      publish(taskId, TaskState.TASK_STATE_CANCELED);
      buses.get(taskId)?.bus.finished();
      ends.get(taskId)?.();
      return Promise.resolve();
    },
  };
  const ends = new Map<string, () => void>();
  const handler = new JsonRpcTransportHandler(new DefaultRequestHandler(cardOf(), new InMemoryTaskStore(), executor));
  const sockets = createServer(serve(handler, { token, server: () => server }));
  await listen(sockets, 0);
  const { port } = sockets.address() as AddressInfo;
  const server: A2aServer = {
    url: `http://127.0.0.1:${port}`,
    asked: [],
    headers: {},
    cancelled: [],
    onAsked: () => undefined,
    losesAnswerTo: () => false,
    async answer(taskId, text, state = TaskState.TASK_STATE_COMPLETED) {
      publish(taskId, state, text);
      buses.get(taskId)?.bus.finished();
      ends.get(taskId)?.();
      return Promise.resolve();
    },
    away: () => close(sockets),
    back: () => listen(sockets, port),
    async stop() {
      for (const end of ends.values()) end();
      if (sockets.listening) await close(sockets);
    },
  };
  return server;
}

/** Answers JSON-RPC, and the card. */
function serve(
  handler: JsonRpcTransportHandler,
  { token, server }: { token: string | undefined; server: () => A2aServer },
): RequestListener {
  return (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      server().headers = request.headers;
      void (async () => {
        if (request.url === '/.well-known/agent-card.json')
          return response.setHeader('content-type', 'application/json').end(JSON.stringify(AgentCard.toJSON(cardOf())));
        if (token !== undefined && request.headers.authorization !== `Bearer ${token}`)
          return response.writeHead(401).end();
        const body = JSON.parse(Buffer.concat(chunks).toString()) as { method: string };
        const context = new ServerCallContext({ user: new UnauthenticatedUser(), requestedVersion: '1.0' });
        const answer = await handler.handle(body, context);
        if (server().losesAnswerTo(body.method)) return request.socket.destroy();
        return response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
      })();
    });
  };
}

function statusOf(taskId: string, contextId: string, { state, text }: { state: TaskState; text: string | undefined }) {
  const parts = [{ text: text ?? '' }];
  const message = Message.fromJSON({ messageId: `said-${taskId}`, contextId, taskId, role: 'ROLE_AGENT', parts });
  return {
    taskId,
    contextId,
    status: { state, message: text === undefined ? undefined : message, timestamp: new Date().toISOString() },
    metadata: undefined,
  };
}

function cardOf(): AgentCard {
  return AgentCard.fromJSON({
    name: 'tester',
    description: 'answers tests',
    version: '1.0.0',
    // Another host than it is reached at, as behind a proxy.
    supportedInterfaces: [{ url: 'https://elsewhere.test/rpc', protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
    capabilities: {},
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: [],
  });
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
