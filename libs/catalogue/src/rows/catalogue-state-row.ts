import { bigintColumn } from '@annex/database';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The last good list of publishers, or the last good catalogue, of one place. */
@Entity('catalogue_states')
export class CatalogueStateRow {
  /** `publishers/` or `catalogue/`, and the hex SHA-256 of its place. */
  @PrimaryColumn({ name: 'name', type: 'text' })
  name!: string;

  /** Of a catalogue; 0: it has none. */
  @Column({ name: 'serial', ...bigintColumn })
  serial!: number;

  /** As it was read. */
  @Column({ name: 'content', type: 'text' })
  content!: string;

  /** Of publishers: keys that were listed and are no more. */
  @Column({ name: 'former', type: 'json' })
  former!: string[];

  @Column({ name: 'read_at', type: 'timestamptz' })
  readAt!: Date;
}
