import { idColumn } from '@annex/database';
import type { Id, Json } from '@annex/kernel';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Whether somebody said yes to a question; `null` where nobody has to. */
export type AgentApproval = 'pending' | 'approved' | 'rejected';

/** What an agent was asked, beside the delivery that asks it: who said yes, and how far the agent is. */
@Entity('agent_questions')
@Index('agent_questions_pending', ['tenantId', 'deliveryId'], { where: "approval = 'pending'::text" })
export class AgentQuestionRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'delivery_id', ...idColumn('delivery') })
  deliveryId!: Id<'delivery'>;

  /** The run that asks. A replay is another one, and asks anew. */
  @Column({ name: 'run_id', ...idColumn('run') })
  runId!: Id<'run'>;

  /** `null`: nobody has to say yes. */
  @Column({ name: 'approval', type: 'text', nullable: true })
  approval!: AgentApproval | null;

  /** A pending one is too late then. */
  @Column({ name: 'approval_ends_at', type: 'timestamptz', nullable: true })
  approvalEndsAt!: Date | null;

  @Column({ name: 'decided_by', type: 'text', nullable: true })
  decidedBy!: string | null;

  @Column({ name: 'decided_at', type: 'timestamptz', nullable: true })
  decidedAt!: Date | null;

  /** Why somebody said no. */
  @Column({ name: 'reason', type: 'text', nullable: true })
  reason!: string | null;

  /** Where the agent takes calls; `null`: not known yet. */
  @Column({ name: 'endpoint_path', type: 'text', nullable: true })
  endpointPath!: string | null;

  @Column({ name: 'protocol_version', type: 'text', nullable: true })
  protocolVersion!: string | null;

  /** The agent's name for it; `null`: it has not said one. */
  @Column({ name: 'task_id', type: 'text', nullable: true })
  taskId!: string | null;

  /** How far the agent is, in its own words. */
  @Column({ name: 'state', type: 'text', nullable: true })
  state!: string | null;

  @Column({ name: 'polls', type: 'int', default: 0 })
  polls!: number;

  /** Before the question left for the first time. */
  @Column({ name: 'asked_at', type: 'timestamptz', nullable: true })
  askedAt!: Date | null;

  /** What the agent said, secrets masked; `null`: nothing yet. */
  @Column({ name: 'answer', type: 'json', nullable: true })
  answer!: Json | null;

  @Column({ name: 'answered_at', type: 'timestamptz', nullable: true })
  answeredAt!: Date | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;
}
