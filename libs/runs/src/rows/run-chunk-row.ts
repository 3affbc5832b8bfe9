import { idColumn, idsColumn } from '@annex/database';
import type { Id, Json } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * Many calls of one route in one row (docs/adr/0034-runs-in-chunks.md). Written whole and never changed; the view
 * `every_run` shows them one by one.
 */
@Entity('run_chunks')
@Index('run_chunks_by_age', ['startedAt'], { type: 'brin' })
@Index('run_chunks_by_installation', () => ({ tenantId: 1, installationId: 1, lastId: -1 }))
export class RunChunkRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  /** The least of {@link ids}. */
  @Column({ name: 'first_id', ...idColumn('run') })
  firstId!: Id<'run'>;

  /** The greatest of {@link ids}. */
  @PrimaryColumn({ name: 'last_id', ...idColumn('run') })
  lastId!: Id<'run'>;

  @Column({ name: 'installation_id', ...idColumn('installation') })
  installationId!: Id<'installation'>;

  /** The plugin's slug. */
  @Column({ name: 'plugin', type: 'text' })
  plugin!: string;

  @Column({ name: 'release', type: 'text' })
  release!: string;

  @Column({ name: 'name', type: 'text' })
  name!: string;

  @Column({ name: 'depth', type: 'int' })
  depth!: number;

  @Column({ name: 'result', type: 'json' })
  result!: Json;

  /** JSON with the places of the amounts, as PostgreSQL's `format` takes it. */
  @Column({ name: 'limits', type: 'text' })
  limits!: string;

  /** How many there are. */
  @Column({ name: 'runs', type: 'int' })
  runs!: number;

  /** When the last of them started. */
  @Column({ name: 'started_at', type: 'timestamptz' })
  startedAt!: Date;

  @Column({ name: 'ids', ...idsColumn('run') })
  ids!: Id<'run'>[];

  /** How long before {@link startedAt} each started, in milliseconds. */
  @Column({ name: 'before_ms', type: 'int', array: true })
  beforeMs!: number[];

  /** From start to end, in milliseconds. */
  @Column({ name: 'took_ms', type: 'int', array: true })
  tookMs!: number[];

  @Column({ name: 'wall_ms', type: 'int', array: true })
  wallMs!: number[];

  @Column({ name: 'cpu_ms', type: 'int', array: true })
  cpuMs!: number[];

  @Column({ name: 'memory_mb', type: 'int', array: true })
  memoryMb!: number[];

  @Column({ name: 'result_bytes', type: 'int', array: true })
  resultBytes!: number[];

  @Column({ name: 'request_bytes', type: 'int', array: true })
  requestBytes!: number[];
}
