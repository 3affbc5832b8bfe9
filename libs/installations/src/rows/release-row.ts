import type { Id } from '@annex/kernel';
import type { Manifest, PackageMapping, WebhookDefinition } from '@annex/manifest';
import type { Registration } from '@annex/sandbox';
import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';
import { idColumn } from '@annex/database';

/** Who vouches for a release: for the package itself, or for the catalogue that lists it. */
export interface ReleaseSigner {
  publisher: string;
  key_id: string;
  by: 'package' | 'catalogue';
}

/** One immutable upload of a plugin. */
@Entity('releases')
@Unique(['tenantId', 'installationId', 'sha256'])
export class ReleaseRow {
  @PrimaryColumn({ name: 'tenant_id', ...idColumn('tenant') })
  tenantId!: Id<'tenant'>;

  /** Later uploads have greater ids. */
  @PrimaryColumn({ name: 'id', ...idColumn('release') })
  id!: Id<'release'>;

  @Column({ name: 'installation_id', ...idColumn('installation') })
  installationId!: Id<'installation'>;

  @Column({ name: 'version', type: 'text' })
  version!: string;

  /** Hex SHA-256 of the uploaded archive. */
  @Column({ name: 'sha256', type: 'text' })
  sha256!: string;

  @Column({ name: 'manifest', type: 'json' })
  manifest!: Manifest;

  /** What the entry registered, in order; a handler's index is its place here. */
  @Column({ name: 'registrations', type: 'json' })
  registrations!: Registration[];

  /** The blob that holds the script. */
  @Column({ name: 'bundle_sha256', type: 'text' })
  bundleSha256!: string;

  /** The blob that holds the script's source map, or `null`. */
  @Column({ name: 'source_map_sha256', type: 'text', nullable: true })
  sourceMapSha256!: string | null;

  /** What `webhooks/*.yaml` of the package say. */
  @Column({ name: 'webhooks', type: 'json', default: [] })
  webhooks!: WebhookDefinition[];

  /** What `mappings/*.yaml` of the package say. */
  @Column({ name: 'mappings', type: 'json', default: [] })
  mappings!: PackageMapping[];

  /** The blob that holds the script of the webhooks' transforms, or `null`: there are none. */
  @Column({ name: 'transforms_sha256', type: 'text', nullable: true })
  transformsSha256!: string | null;

  /** Who vouches for its bytes, or `null`: nobody. */
  @Column({ name: 'signed_by', type: 'json', nullable: true })
  signedBy!: ReleaseSigner | null;

  /** The actor who uploaded it. */
  @Column({ name: 'created_by', type: 'text', nullable: true })
  createdBy!: string | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;
}
