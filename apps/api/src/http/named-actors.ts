import { roleAtLeast, type Access, type ActorView, type Caller } from '@annex/access';

/** Who did something, by the id that an item has. */
export type WhoOf<Item> = (item: Item) => string | null;

/**
 * Adds to each item who did it, by name: one look for all of a page. A caller who may not list actors, a viewer, sees
 * no names. `whoOf` answers `null`: nobody did, or nobody knows.
 */
export async function withActors<Item extends object>(
  access: Pick<Access, 'actors'>,
  { caller, items }: { caller: Caller; items: readonly Item[] },
  whoOf: WhoOf<Item>,
): Promise<(Item & { who: ActorView | null })[]> {
  const wanted = roleAtLeast(caller.role, 'member') ? items.map(whoOf) : [];
  const names = await access.actors.names(caller.tenant.id, wanted);
  return items.map((item) => {
    const id = whoOf(item);
    return { ...item, who: id === null ? null : names.of(id) };
  });
}
