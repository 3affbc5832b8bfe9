import { idColumn } from '@annex/database';
import type { Id, JsonObject } from '@annex/kernel';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { NoticeKind, NoticeLevel } from '../kinds.js';

/** What stands, as the last look saw it, for one rule that tells of it. */
@Entity('notice_states')
export class NoticeStateRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  /** The nil UUID: the operators'. */
  @PrimaryColumn({ name: 'rule_id', ...idColumn('noticeRule') })
  ruleId!: Id<'noticeRule'>;

  @PrimaryColumn({ name: 'kind', type: 'text' })
  kind!: NoticeKind;

  @PrimaryColumn({ name: 'subject', type: 'text' })
  subject!: string;

  @Column({ name: 'level', type: 'text' })
  level!: Exclude<NoticeLevel, 'ok'>;

  @Column({ name: 'detail', type: 'jsonb' })
  detail!: JsonObject;

  @Column({ name: 'since', type: 'timestamptz', default: () => 'now()' })
  since!: Date;
}
