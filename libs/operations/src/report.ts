import type { Id } from '@annex/kernel';

/** An executor as its process tells of it. */
export interface ReportedExecutor {
  pid: number;
  /** `null`: it is blank, or serves several tenants. */
  tenant_id: Id<'tenant'> | null;
  lane: 'foreground' | 'background' | null;
  rss_bytes: number;
  isolates: number;
  /** Under way in it. */
  runs: number;
  age_s: number;
}

/** What a process tells of itself. */
export interface ProcessReport {
  /** Its own memory, without that of its executors. */
  rss_bytes: number;
  /** How far plugin code is confined there. */
  confinement: { tier: string; layers: Record<string, boolean> };
  executors: ReportedExecutor[];
  /** Executors that are ready for whoever comes. */
  blank_ready: number;
  /** Since the process began. */
  executor_starts: number;
  /** Executors that were killed since the process began, by reason. */
  executor_kills: Record<string, number>;
  /** Runs that wait for an executor. */
  waiting: number;
  /** Background runs that it takes at once, and those under way; `null`: it takes none. */
  dispatch: { slots: number; running: number } | null;
  /** Connections of sources that it holds. */
  source_connections: number;
}
