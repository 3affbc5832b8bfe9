import type { Json } from '@annex/kernel';
import { findDependencyNodes, type DependencyNode } from './rows/dependencies.js';
import type { TenantTransaction } from '@annex/database';
import { satisfies } from 'semver';

/** Why a dependency is not met. */
export type DependencyProblem = 'not_installed' | 'not_enabled' | 'version' | 'cycle';

export interface UnmetDependency {
  slug: string;
  range: string;
  problem: DependencyProblem;
  /** The version that is installed, or `null`. */
  version: string | null;
  /** What to do, for people. */
  detail: string;
}

/** Most plugins looked at when following dependencies of dependencies. */
const maxNodes = 1000;

/** The dependencies of a plugin that are not met right now, in order of slug. */
export async function findUnmetDependencies(
  tx: TenantTransaction,
  plugin: { slug: string; dependencies: Record<string, string> },
): Promise<UnmetDependency[]> {
  const nodes = await reachableNodes(tx, Object.keys(plugin.dependencies));
  return unmetDependencies(plugin, nodes);
}

/** Decides from what is installed. `nodes`: everything that can be reached from the plugin's dependencies. */
export function unmetDependencies(
  plugin: { slug: string; dependencies: Record<string, string> },
  nodes: ReadonlyMap<string, Omit<DependencyNode, 'slug'>>,
): UnmetDependency[] {
  return Object.entries(plugin.dependencies)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([slug, range]): UnmetDependency[] => {
      const node = nodes.get(slug);
      const unmet = (problem: DependencyProblem, detail: string): UnmetDependency[] => [
        { slug, range, problem, version: node?.version ?? null, detail },
      ];
      if (leadsTo(slug, plugin.slug, nodes))
        return unmet(
          'cycle',
          `${slug} depends on ${plugin.slug}, so neither could be enabled first; take one of the two dependencies out.`,
        );
      if (!node) return unmet('not_installed', `${slug} ${range} is not installed; upload and enable it first.`);
      if (!satisfies(node.version, range))
        return unmet('version', `${slug} is ${node.version}, but ${range} is needed; upload a release that fits.`);
      if (node.status !== 'enabled') return unmet('not_enabled', `${slug} is ${node.status}; enable it first.`);
      return [];
    });
}

/** As problem members (RFC 9457 §3.2). */
export function dependencyJson({ slug, range, problem, version }: UnmetDependency): Json {
  return { slug, range, problem, version };
}

async function reachableNodes(tx: TenantTransaction, slugs: string[]): Promise<Map<string, DependencyNode>> {
  const nodes = new Map<string, DependencyNode>();
  const asked = new Set<string>();
  let frontier = slugs;
  while (frontier.length > 0 && asked.size < maxNodes) {
    for (const slug of frontier) asked.add(slug);
    const found = await findDependencyNodes(tx, frontier);
    for (const node of found) nodes.set(node.slug, node);
    frontier = [...new Set(found.flatMap((node) => Object.keys(node.dependencies)))].filter((slug) => !asked.has(slug));
  }
  return nodes;
}

function leadsTo(from: string, target: string, nodes: ReadonlyMap<string, Omit<DependencyNode, 'slug'>>): boolean {
  const seen = new Set<string>();
  const open = [from];
  for (let slug = open.pop(); slug !== undefined; slug = open.pop()) {
    if (slug === target) return true;
    if (seen.has(slug)) continue;
    seen.add(slug);
    open.push(...Object.keys(nodes.get(slug)?.dependencies ?? {}));
  }
  return false;
}
