/** The receipt of an erasure, read off the platform's trail. */
import { DAY, isJsonObject, type Json, type JsonObject } from '@annex/kernel';
import { defaultRetention } from '@annex/limits';
import type { PlatformAuditView } from '@annex/audit';

/** What went, and what stays, with wire names. */
export interface ErasureView {
  id: string;
  tenant: { id: string; slug: string; name: string };
  deleted_at: string | null;
  /** An actor; `null`: unknown. */
  deleted_by: string | null;
  began_at: string | null;
  erased_at: string;
  /** Rows that went, by table. */
  rows: Record<string, number>;
  files: { count: number; bytes: number };
  packages: { count: number; bytes: number };
  /** Runs of the queue that were not done. */
  unfinished_runs: number;
  /** What stays with the operator, why, and until when; `null`: until it is swept, within minutes. */
  kept: { what: string; rows: number; why: string; ends_at: string | null }[];
}

/** A receipt out of its row. Rows of earlier releases say less. */
export function erasureView({ id, target, at, detail }: PlatformAuditView): ErasureView {
  const kept = objectOf(detail['kept']);
  const until = new Date(Date.parse(at) + defaultRetention.platformAuditDays * DAY).toISOString();
  return {
    id,
    tenant: { id: target ?? '', slug: textOf(detail['slug']) ?? '', name: textOf(detail['name']) ?? '' },
    deleted_at: textOf(detail['deleted_at']),
    deleted_by: textOf(detail['deleted_by']),
    began_at: textOf(detail['began_at']),
    erased_at: at,
    rows: Object.fromEntries(
      Object.entries(objectOf(detail['rows'])).map(([table, count]) => [table, numberOf(count)]),
    ),
    files: amountOf(detail['files']),
    packages: amountOf(detail['packages']),
    unfinished_runs: numberOf(detail['unfinished_runs']),
    kept: [
      { what: 'spend', rows: numberOf(kept['spend']), why: 'bills are made from it', ends_at: until },
      {
        what: 'platform_audit',
        rows: numberOf(kept['platform_audit']),
        why: 'what operators did to the tenant',
        ends_at: until,
      },
      {
        what: 'file_objects',
        rows: numberOf(kept['file_objects']),
        why: 'bytes that the store still removes',
        ends_at: null,
      },
    ],
  };
}

const objectOf = (value: Json | undefined): JsonObject => (isJsonObject(value) ? value : {});
const numberOf = (value: Json | undefined): number => (typeof value === 'number' ? value : 0);
const textOf = (value: Json | undefined): string | null => (typeof value === 'string' ? value : null);

function amountOf(value: Json | undefined): { count: number; bytes: number } {
  const { count, bytes } = objectOf(value);
  return { count: numberOf(count), bytes: numberOf(bytes) };
}
