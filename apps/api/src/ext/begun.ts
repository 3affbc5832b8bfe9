/** Runs that the short way began and the long way answers. */
import type { IncomingMessage } from 'node:http';
import type { Caller, TenantAddress } from '@annex/access';
import type { InstallationSnapshot, RouteEnding } from '@annex/execution';
import type { Id } from '@annex/kernel';
import type { SentHeaders } from './response-headers.js';

type Found = Extract<NonNullable<ReturnType<InstallationSnapshot['routes']['match']>>, { params: unknown }>;

/** A request whose caller may call the route, unless the body is yet to prove that. */
export interface RouteEntry {
  kind: 'route';
  tenantId: Id<'tenant'>;
  address: TenantAddress;
  /** The token of this platform that the caller was believed by. */
  bearer: string | undefined;
  caller: Caller | null;
  snapshot: InstallationSnapshot;
  route: Found['route'];
  params: Found['params'];
}

export interface Begun {
  requestId: string;
  entry: RouteEntry;
  ending: RouteEnding;
  /** The plugin's headers, sorted; left out: it gave no answer. */
  headers: SentHeaders | undefined;
  /** Cancels the run, if it goes on. */
  abandoned: AbortController;
  /** Gives back its place among the tenant's calls. */
  leave: () => void;
}

const begun = Symbol('begun');

type Carrier = IncomingMessage & { [begun]?: Begun };

/** Leaves a run with the request that it answers. */
export function passOn(request: IncomingMessage, run: Begun): void {
  (request as Carrier)[begun] = run;
}

/** The run that was left with a request, if there is one. */
export function begunOf(request: IncomingMessage): Begun | undefined {
  return (request as Carrier)[begun];
}
