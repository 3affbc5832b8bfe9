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

/** Column options of an array of bare UUIDs that TypeScript sees as ids of one kind. */
export function idsColumn<K extends IdKind>(kind: K): { type: 'uuid'; array: true; transformer: ValueTransformer } {
  return {
    type: 'uuid',
    array: true,
    transformer: {
      from: (uuids: string[] | null): Id<K>[] | null => uuids && uuids.map((uuid) => idFromUuid(kind, uuid)),
      to: (ids: unknown): unknown => (Array.isArray(ids) ? ids.map((id: Id<K>) => uuidFromId(id)) : ids),
    },
  };
}
