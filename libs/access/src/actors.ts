import { parseId, type Id } from '@annex/kernel';
import type { Database } from '@annex/database';
import { findActorNames } from './rows/actor-names.js';

/** What somebody or something is that did something. `run`: a plugin's code. `identity`: of the identity provider. */
export const actorTypes = ['user', 'operator', 'token', 'identity', 'run', 'system'] as const;
export type ActorType = (typeof actorTypes)[number];

/** Who did something, with wire names. */
export interface ActorView {
  /** `usr_…`, `tok_…`, `run_…`, `oidc:<subject>`, `system`. */
  id: string;
  type: ActorType;
  /** An e-mail address, or a token's name; `null`: it has none, or is gone. */
  name: string | null;
}

/** Names of actors, as one look at the database found them. */
export interface ActorNames {
  of(id: string): ActorView;
}

/** Says who actors are: one query for all of a page. */
export class Actors {
  constructor(private readonly options: { database: Database }) {}

  /**
   * Looks up everybody in one answer at once. What is no id of a user or token is not looked up.
   * @param tenantId whose answer it is; `null`: the platform's
   */
  async names(tenantId: Id<'tenant'> | null, ids: Iterable<string | null | undefined>): Promise<ActorNames> {
    const wanted = [...new Set(ids)].flatMap((id) =>
      typeof id === 'string' ? (parseId('user', id) ?? parseId('token', id) ?? []) : [],
    );
    const found =
      wanted.length === 0 ? [] : await this.options.database.platform((tx) => findActorNames(tx, tenantId, wanted));
    const byId = new Map<string, ActorView>(found.map((actor) => [actor.id, actor]));
    return { of: (id) => byId.get(id) ?? { id, type: typeOf(id), name: null } };
  }

  /** One actor. */
  async name(tenantId: Id<'tenant'>, id: string): Promise<ActorView> {
    return (await this.names(tenantId, [id])).of(id);
  }
}

function typeOf(id: string): ActorType {
  if (id.startsWith('tok_')) return 'token';
  if (id.startsWith('run_')) return 'run';
  if (id.startsWith('oidc:')) return 'identity';
  return id.startsWith('usr_') ? 'user' : 'system';
}
