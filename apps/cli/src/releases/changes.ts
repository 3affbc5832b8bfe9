/** What one release has and another has not, as people read it. */
import type { ReleaseContents, ReleaseDetail } from '@annex/client';
import { harmless, type Style } from '../terminal/style.js';

export interface Part {
  added: string[];
  removed: string[];
  changed: string[];
}

type PartName =
  | 'permissions'
  | 'routes'
  | 'events'
  | 'filters'
  | 'jobs'
  | 'secrets'
  | 'webhooks'
  | 'agents'
  | 'mappings'
  | 'dependencies';

export type Changes = {
  /** Of the release that is active now; `null`: the plugin is new. */
  from: string | null;
  to: string;
  /** The very same bytes. */
  same: boolean;
} & Record<PartName, Part>;

export interface Release {
  version: string;
  sha256: string;
  contents: ReleaseContents;
}

export function contentsOfRelease({ version, sha256, contents }: ReleaseDetail): Release {
  return { version, sha256, contents };
}

/** How the things of each part are called, and what else there is to them. */
const parts: Record<PartName, (contents: ReleaseContents) => [name: string, rest: unknown][]> = {
  permissions: ({ permissions }) => permissions.map(({ name, hosts, tables }) => [name, [hosts, tables]]),
  routes: ({ routes }) =>
    routes.map(({ methods, path, auth, roles }) => [`${methods.join(',')} ${path}`, [auth, roles]]),
  events: ({ events }) => events.map((name) => [name, null]),
  filters: ({ filters }) => filters.map((name) => [name, null]),
  jobs: ({ jobs }) => jobs.map(({ name, schedule, timezone }) => [name, [schedule, timezone]]),
  secrets: ({ secrets }) => secrets.map(({ name, required }) => [name, required]),
  webhooks: ({ webhooks }) => webhooks.map(({ name, on }) => [name, on]),
  agents: ({ agents }) => agents.map(({ name, ...rest }) => [name, rest]),
  mappings: ({ mappings }) => mappings.map(({ name, ...rest }) => [name, rest]),
  dependencies: ({ dependencies }) => Object.entries(dependencies),
};

export function diffContents(before: Release | undefined, after: Release): Changes {
  const compared = Object.entries(parts).map(([part, read]) => {
    const old = new Map(before ? read(before.contents) : []);
    const now = new Map(read(after.contents));
    const names = [...now.keys()];
    const isChanged = (name: string): boolean => JSON.stringify(old.get(name)) !== JSON.stringify(now.get(name));
    return [
      part,
      {
        added: names.filter((name) => !old.has(name)),
        removed: [...old.keys()].filter((name) => !now.has(name)),
        changed: names.filter((name) => old.has(name) && isChanged(name)),
      },
    ] as const;
  });
  return {
    from: before?.version ?? null,
    to: after.version,
    same: before?.sha256 === after.sha256,
    ...(Object.fromEntries(compared) as Record<PartName, Part>),
  };
}

export function writeChanges(changes: Changes, style: Style): string {
  const { from, to, same } = changes;
  if (same) return style.dim(`${to} is what runs already.`);
  const lines = (Object.keys(parts) as PartName[]).flatMap((part) => writePart(part, changes[part], style));
  const head = from === null ? `new plugin, ${to}` : from === to ? `${to}, other files` : `${from} → ${to}`;
  return [
    style.bold(head),
    ...(lines.length > 0 ? lines : [style.dim('  handlers and permissions stay the same')]),
  ].join('\n');
}

export function writePart(part: string, { added, removed, changed }: Part, style: Style): string[] {
  const noun = part.replace(/ies$/, 'y').replace(/s$/, '');
  const line = (sign: string, name: string): string => `  ${sign} ${noun} ${harmless(name)}`;
  return [
    ...added.map((name) => style.green(line('+', name))),
    ...removed.map((name) => style.red(line('-', name))),
    ...changed.map((name) => style.yellow(line('~', name))),
  ];
}
