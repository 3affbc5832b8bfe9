import { idColumn } from '@annex/database';
import type { Id, Json } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A call that a run made of `ctx`, as it is kept. */
export interface RecordedCall {
  /** As docs/host-api.md names it; whatever plugin code asked for. */
  method: string;
  /** The arguments as they left the sandbox, secrets masked; `null`: they are left out. */
  args: Json[] | null;
  /** What it was answered, secrets masked; not there for one that failed or is left out. */
  answer?: Json;
  /** With which error it failed. */
  error?: { code: string; message: string };
  /** Why arguments or answer are not kept: a secret's value, too large, not JSON. */
  omitted?: string;
  /** Milliseconds from the beginning of the attempt to the call. */
  at_ms: number;
  /** Milliseconds until its answer; `null`: there was none before the run ended. */
  took_ms: number | null;
}

/** What an attempt asked of the host, while its installation was recorded. */
@Entity('recorded_calls')
@Index('recorded_calls_by_age', ['recordedAt'], { type: 'brin' })
@Index('recorded_calls_by_installation', ['tenantId', 'installationId'])
export class RecordedCallsRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'run_id', ...idColumn('run') })
  runId!: Id<'run'>;

  @PrimaryColumn({ name: 'attempt', type: 'integer' })
  attempt!: number;

  @Column({ name: 'installation_id', ...idColumn('installation') })
  installationId!: Id<'installation'>;

  @Column({ name: 'recorded_at', type: 'timestamptz', default: () => 'now()' })
  recordedAt!: Date;

  @Column({ name: 'started_at', type: 'timestamptz' })
  startedAt!: Date;

  @Column({ name: 'calls', type: 'json' })
  calls!: RecordedCall[];

  /** Calls that had no room. */
  @Column({ name: 'left_out', type: 'integer' })
  leftOut!: number;

  @Column({ name: 'bytes', type: 'integer' })
  bytes!: number;
}
