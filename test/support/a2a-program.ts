/**
 * An A2A agent that may be killed: the SDK's own server in a process of its own, which keeps its tasks in files and
 * goes on with them when it is started again. It keeps a task before it works on it, so that the tasks are the work.
 * Its arguments: the folder, and the port.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { AgentCard, Message, Task, TaskState } from '@a2a-js/sdk';
import {
  AgentEvent,
  DefaultRequestHandler,
  InMemoryTaskStore,
  JsonRpcTransportHandler,
  ServerCallContext,
  UnauthenticatedUser,
  type AgentExecutor,
} from '@a2a-js/sdk/server';

const [folder = '', port = '0'] = process.argv.slice(2);
/** Between keeping a task and saying so: time to die in. */
const answerAfterMs = 200;
const worksMs = 1000;

class FileTaskStore extends InMemoryTaskStore {
  override async save(task: Task, context: ServerCallContext): Promise<void> {
    await super.save(task, context);
    const file = join(folder, `${task.id}.json`);
    writeFileSync(`${file}.new`, JSON.stringify(Task.toJSON(task)));
    renameSync(`${file}.new`, file);
  }
}

const store = new FileTaskStore();
const anyone = (): ServerCallContext =>
  new ServerCallContext({ user: new UnauthenticatedUser(), requestedVersion: '1.0' });

/** Ends a task after a while, whichever process was asked for it. */
function workOn(taskId: string): void {
  setTimeout(() => {
    void (async () => {
      const task = await store.load(taskId, anyone());
      if (!task) return;
      const parts = [{ text: `did ${taskId}` }];
      const message = Message.fromJSON({ messageId: `said-${taskId}`, taskId, role: 'ROLE_AGENT', parts });
      const status = { state: TaskState.TASK_STATE_COMPLETED, message, timestamp: new Date().toISOString() };
      await store.save({ ...task, status }, anyone());
    })();
  }, worksMs);
}

const executor: AgentExecutor = {
  execute({ userMessage, taskId, contextId }, bus) {
    const status = { state: 'TASK_STATE_WORKING', timestamp: new Date().toISOString() };
    const history = [Message.toJSON(userMessage)];
    bus.publish(AgentEvent.task(Task.fromJSON({ id: taskId, contextId, status, history })));
    bus.finished();
    workOn(taskId);
    return Promise.resolve();
  },
  cancelTask: () => Promise.resolve(),
};

const card = AgentCard.fromJSON({
  name: 'mortal',
  description: 'may be killed',
  version: '1.0.0',
  supportedInterfaces: [{ url: 'http://127.0.0.1/rpc', protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
  capabilities: {},
  defaultInputModes: ['text/plain'],
  defaultOutputModes: ['text/plain'],
  skills: [],
});
const handler = new JsonRpcTransportHandler(new DefaultRequestHandler(card, store, executor));

mkdirSync(folder, { recursive: true });
for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
  const task = Task.fromJSON(JSON.parse(readFileSync(join(folder, file), 'utf8')));
  await store.save(task, anyone());
  if (task.status?.state === TaskState.TASK_STATE_WORKING) workOn(task.id);
}

createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    void (async () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as { method: string };
      const answer = JSON.stringify(await handler.handle(body, anyone()));
      if (body.method === 'SendMessage') await new Promise((done) => setTimeout(done, answerAfterMs));
      response.setHeader('content-type', 'application/json').end(answer);
    })();
  });
}).listen(Number(port), '127.0.0.1', () => process.send?.('ready'));

// Nobody will end a process whose test has died.
const test = process.ppid;
setInterval(() => process.ppid !== test && process.exit(1), 1000).unref();
