import { idColumn } from '@annex/database';
import type { PermissionName } from '@annex/host-api';
import type { Id } from '@annex/kernel';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** When an installation last used a permission or a secret, to the minute. */
@Entity('permission_uses')
export class PermissionUseRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  @PrimaryColumn({ name: 'installation_id', ...idColumn('installation') })
  installationId!: Id<'installation'>;

  @PrimaryColumn({ name: 'permission', type: 'text' })
  permission!: PermissionName | `secret:${string}`;

  @Column({ name: 'last_used_at', type: 'timestamptz' })
  lastUsedAt!: Date;
}
