import { SingleFlight, type Id, type Page } from '@annex/kernel';
import { operationsLimits } from '@annex/limits';
import type { Database } from '@annex/database';
import { listInstallationsAnywhere } from '@annex/installations';
import { readQueueByTenant, readSlots, type TenantQueue } from '@annex/runs';
import { Doctor, type DoctorView, type Look } from './doctor.js';
import type { ProcessReport, ReportedExecutor } from './report.js';
import type { ProcessRow } from './rows/process-row.js';
import { readProcesses, readTenantSlugs } from './rows/processes.js';
import type { ShownSetting } from './shown-settings.js';

export interface OperationsOptions {
  database: Database;
  /** The settings of this process, without anything secret. */
  settings: readonly ShownSetting[];
  /** What the doctor looks at, given how to ask for every process. Default: nothing. */
  looks?: (processes: () => Promise<readonly ProcessView[]>) => readonly Look[];
}

/** Why a tenant's due runs are not under way. */
export type WaitingReason =
  | 'suspended'
  | 'deleted'
  /** It has as many under way as it may always have, and no place is idle. */
  | 'its_share'
  /** Every place of every worker is taken. */
  | 'no_place'
  /** No worker is alive. */
  | 'no_worker'
  /** It is its turn next. */
  | 'next';

/** A tenant's background work, with wire names. */
export interface WaitingTenant {
  slug: string;
  name: string;
  weight: number;
  background_concurrency: number;
  due: number;
  oldest_due_s: number;
  delayed: number;
  running: number;
  parked: Record<string, number>;
  /** `null`: nothing is due. */
  why: WaitingReason | null;
}

/** The queue of all tenants, with wire names. */
export interface QueueView {
  workers: number;
  slots: number;
  running: number;
  due: number;
  /** Tenants with background work, those with most due runs first, at most 100. */
  tenants: WaitingTenant[];
}

/** A process, with wire names. */
export interface ProcessView extends Omit<ProcessReport, 'executors'> {
  id: string;
  role: string;
  host: string;
  pid: number;
  version: string;
  started_at: string;
  seen_at: string;
  /** `false`: it has told nothing for a while; it hangs, or was killed. */
  alive: boolean;
  executors: (Omit<ReportedExecutor, 'tenant_id'> & { tenant: string | null })[];
}

/** An installation of whatever tenant, with wire names. */
export interface InstallationAnywhereView {
  id: string;
  tenant: { slug: string; name: string };
  slug: string;
  name: string;
  status: string;
  status_reason: string | null;
  version: string | null;
  kills: number;
  updated_at: string;
}

/** What operators see of the whole platform. The API has checked that they may. */
export class Operations {
  readonly #reading = new SingleFlight<QueueView>();
  #queue: { view: QueueView; atMs: number } | undefined;

  readonly #doctor: Doctor;

  constructor(private readonly options: OperationsOptions) {
    this.#doctor = new Doctor(options.looks?.(() => this.processes()) ?? []);
  }

  /** Looks for what is wrong, and changes nothing; at most two seconds old. */
  examine(): Promise<DoctorView> {
    return this.#doctor.examine();
  }

  /** What waits in which tenant, and why; at most two seconds old. */
  async queue(): Promise<QueueView> {
    if (this.#queue && performance.now() - this.#queue.atMs < operationsLimits.queueAgeMs) return this.#queue.view;
    return this.#reading.run('', async () => {
      const [tenants, places] = await this.options.database.platform(async (tx) => [
        await readQueueByTenant(tx, operationsLimits.queueTenants),
        await readSlots(tx),
      ]);
      const running = tenants.reduce((sum, tenant) => sum + tenant.running, 0);
      const view: QueueView = {
        ...places,
        running,
        due: tenants.reduce((sum, tenant) => sum + tenant.due, 0),
        tenants: tenants.map((tenant) => waitingTenant(tenant, { ...places, running })),
      };
      this.#queue = { view, atMs: performance.now() };
      return view;
    });
  }

  /** Every process that was heard of in the last ten minutes. */
  processes(): Promise<ProcessView[]> {
    return this.options.database.platform(async (tx) => {
      const { rows, now } = await readProcesses(tx);
      const ids = rows.flatMap(({ report }) => report.executors.flatMap(({ tenant_id: id }) => id ?? []));
      const slugs = await readTenantSlugs(tx, [...new Set(ids)]);
      return rows.map((row) => processView(row, { now, slugs }));
    });
  }

  /** Installations of all tenants, in the order they were made. `cursor`: the last id of the page before. */
  async installations({
    limit,
    after,
    ...filter
  }: {
    slug?: string | undefined;
    status?: string | undefined;
    after?: Id<'installation'> | undefined;
    limit: number;
  }): Promise<Page<InstallationAnywhereView>> {
    const rows = await this.options.database.platform((tx) =>
      listInstallationsAnywhere(tx, { ...filter, after, limit: limit + 1 }),
    );
    const items = rows.slice(0, limit).map(({ statusReason, updatedAt, ...row }) => ({
      ...row,
      status_reason: statusReason,
      updated_at: updatedAt.toISOString(),
    }));
    return { items, next_cursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
  }

  /** The settings as this process has them. */
  settings(): readonly ShownSetting[] {
    return this.options.settings;
  }
}

function waitingTenant(
  { tenantId: _id, cap, oldestDueS, rests, ...tenant }: TenantQueue,
  places: { workers: number; slots: number; running: number },
): WaitingTenant {
  const reason = rests ?? reasonOf({ ...tenant, cap }, places);
  return {
    ...tenant,
    background_concurrency: cap,
    oldest_due_s: Math.max(0, Math.round(oldestDueS)),
    why: tenant.due === 0 ? null : reason,
  };
}

function reasonOf(
  { running, cap }: { running: number; cap: number },
  places: { workers: number; slots: number; running: number },
): WaitingReason {
  if (places.workers === 0) return 'no_worker';
  if (places.running >= places.slots) return running >= cap ? 'its_share' : 'no_place';
  return 'next';
}

function processView(
  { report, startedAt, seenAt, ...row }: ProcessRow,
  { now, slugs }: { now: Date; slugs: ReadonlyMap<string, string> },
): ProcessView {
  return {
    ...row,
    ...report,
    started_at: startedAt.toISOString(),
    seen_at: seenAt.toISOString(),
    alive: now.getTime() - seenAt.getTime() < operationsLimits.silentMs,
    executors: report.executors.map(({ tenant_id: id, ...executor }) => ({
      ...executor,
      tenant: id === null ? null : (slugs.get(id) ?? id),
    })),
  };
}
