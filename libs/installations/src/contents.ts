/** What a release brings, as package reports, releases and their differences show it. */
import type { PermissionRequest } from '@annex/host-api';
import type { ReleaseRow } from './rows/release-row.js';
import { requestedPermissions } from './grants.js';
import { routesOf, type RouteView } from './handlers.js';

export interface ReleaseContents {
  slug: string;
  name: string;
  version: string;
  entry: string;
  permissions: PermissionRequest[];
  routes: RouteView[];
  events: string[];
  filters: string[];
  jobs: { name: string; schedule: string | null; timezone: string }[];
  secrets: { name: string; required: boolean; description: string | null }[];
  webhooks: { name: string; on: string[] }[];
  agents: { name: string; on: string[]; protocol: 'a2a' | 'llm'; /** An admin says yes first. */ approval: boolean }[];
  /** Mappings change the events of the whole tenant, so whoever enables the plugin sees what they do. */
  mappings: { name: string; rules: number; makes: string[]; drops: boolean }[];
  /** Slug → SemVer range. */
  dependencies: Record<string, string>;
}

export function viewContents({
  manifest,
  registrations,
  webhooks,
  mappings,
}: Pick<ReleaseRow, 'manifest' | 'registrations' | 'webhooks' | 'mappings'>): ReleaseContents {
  return {
    slug: manifest.slug,
    name: manifest.name,
    version: manifest.version,
    entry: manifest.entry,
    permissions: requestedPermissions(manifest).map((request) => ({ ...request })),
    routes: routesOf(registrations),
    events: manifest.events,
    filters: manifest.filters,
    jobs: manifest.jobs.map(({ name, schedule, timezone }) => ({ name, schedule, timezone })),
    secrets: manifest.secrets.map(({ name, required, description }) => ({ name, required, description })),
    webhooks: webhooks.filter(({ agent }) => !agent).map(({ name, on }) => ({ name, on })),
    agents: webhooks.flatMap(({ name, on, agent }) =>
      agent ? [{ name, on, protocol: agent.protocol, approval: agent.approvalS !== null }] : [],
    ),
    mappings: mappings.map(({ name, definition: { rules, correlations, unmapped } }) => ({
      name,
      rules: rules.length,
      makes: [...new Set([...rules.flatMap(({ to }) => to ?? []), ...correlations.map(({ emit }) => emit)])].sort(),
      drops: unmapped === 'drop',
    })),
    dependencies: manifest.dependencies,
  };
}
