/** Hooks of KHook as `agents/*.yaml`: who is asked about which events. */
import { quote } from '@annex/kernel';
import { stringify } from 'yaml';
import type { HookResource } from './hook-resource.js';

/** A file of `agents/` to write. */
export interface KhookAgent {
  /** Such as `agents/pods-pod-restart.yaml`. */
  path: string;
  text: string;
  /** The agent that is asked: `namespace/name`. */
  agent: string;
  /** The file that it comes from. */
  from: string;
}

/** Names of KHook's events, and what sources of Annex call them. */
const eventNames: Readonly<Record<string, string>> = {
  'pod-restart': 'pod.restart',
  'pod-pending': 'pod.pending',
  'oom-kill': 'pod.oom_kill',
  'probe-failed': 'probe.failed',
};

/** What stands in prompts of KHook, and where an event of Annex has it. */
const fields: Readonly<Record<string, string>> = {
  EventType: 'type',
  EventTime: 'time',
  EventTimestamp: 'time',
  ResourceName: 'subject',
  ResourceNamespace: 'data.namespace',
  Namespace: 'data.namespace',
  Reason: 'data.reason',
  EventReason: 'data.reason',
  Message: 'data.message',
  EventMessage: 'data.message',
  Severity: 'severity',
};

/** The agents that a Hook asks. `warn`: told of what the prompt names and an event has not, by its configuration. */
export function convertHook(
  { name, asks }: HookResource,
  { from, taken, warn }: { from: string; taken: ReadonlySet<string>; warn: (index: number, detail: string) => void },
): KhookAgent[] {
  const paths = new Set(taken);
  return asks.map(({ event, agent, prompt }, index) => {
    const path = freePath(`${name}-${event}`, paths);
    paths.add(path);
    const known = eventNames[event];
    const document = {
      api_version: 'v1',
      description: `The Hook ${name} of KHook asked ${agent}`.slice(0, 500),
      on: [event, ...(known === undefined ? [] : [known])],
      agent: {
        protocol: 'a2a',
        url: `\${SECRET:KAGENT_URL}/api/a2a/${agent.split('/').map(encodeURIComponent).join('/')}/`,
        timeout_s: 300,
      },
      prompt: convertPrompt(prompt, (detail) => warn(index, detail)),
    };
    return { path, text: stringify(document, { lineWidth: 0 }), agent, from };
  });
}

function convertPrompt(prompt: string, warn: (detail: string) => void): string {
  return prompt.replace(/\{\{-?\s*([^}]*?)\s*-?\}\}/g, (whole, inner: string) => {
    const [, field = '', member] = /^\.([A-Za-z]+)(?:\.([A-Za-z_][\w-]*))?$/.exec(inner) ?? [];
    const path = field === 'Metadata' && member !== undefined ? `data.${member}` : fields[field];
    if (path !== undefined) return `{{ ${path} }}`;
    warn(`names ${quote(whole, 60)}, for which Annex has nothing; it stands there as text.`);
    return `{% raw %}${whole}{% endraw %}`;
  });
}

function freePath(wanted: string, taken: ReadonlySet<string>): string {
  const base = wanted
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[-_]+/, '')
    .slice(0, 59);
  for (let count = 1; ; count += 1) {
    const path = `agents/${base || 'khook'}${count === 1 ? '' : `-${count}`}.yaml`;
    if (!taken.has(path)) return path;
  }
}
