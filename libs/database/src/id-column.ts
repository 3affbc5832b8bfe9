import { idFromUuid, uuidFromId, type Id, type IdKind } from '@annex/kernel';
import type { ValueTransformer } from 'typeorm';

/** Column options of a bare UUID that TypeScript sees as an id of one kind. */
export function idColumn<K extends IdKind>(kind: K): { type: 'uuid'; transformer: ValueTransformer } {
  return {
    type: 'uuid',
    transformer: {
      from: (uuid: string | null): Id<K> | null => (uuid === null ? null : idFromUuid(kind, uuid)),
      to: (id: unknown): unknown => (typeof id === 'string' && id.includes('_') ? uuidFromId(id as Id<K>) : id),
    },
  };
}
