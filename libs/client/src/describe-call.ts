import { fillPath } from './fill-path.js';
import { calls } from './generated/calls.js';
import type { Input, Name } from './types.js';

/**
 * Who may make a call: anybody, anybody signed in, platform operators, or a role in the tenant and every higher one.
 */
export type Gate = (typeof calls)[Name][4];

/**
 * Who may make a call. A program that shows buttons asks this, so that nobody is offered what would be refused.
 * @example if (gateOf('cancelRun') === 'developer') console.log('needs a developer')
 */
export function gateOf(name: Name): Gate {
  return calls[name][4];
}

/**
 * Method and path of a call, with its parameters in braces.
 * @example const [method, route] = routeOf('cancelRun') // POST, /api/runs/{id}/cancel
 */
export function routeOf(name: Name): [method: string, route: string] {
  const [method, route] = calls[name];
  return [method.toUpperCase(), route];
}

/** A call as it goes over the wire. */
export interface DescribedCall {
  /** In capitals. */
  method: string;
  /** Path and query, such as `/api/runs?status=failed`. */
  path: string;
  /** What is sent; `undefined`: nothing. */
  body?: unknown;
  /** How it is sent. */
  sends: 'json' | 'form' | 'bytes';
}

/**
 * The request that a call would make, to be shown to people: as a line for curl, for one.
 * @example describeCall('cancelRun', { path: { id: 'run_01…' } }).path // /api/runs/run_01…/cancel
 */
export function describeCall<N extends Name>(name: N, input: Input<N>): DescribedCall {
  const {
    path = {},
    query = {},
    body,
  } = input as {
    path?: Record<string, unknown>;
    query?: Record<string, unknown>;
    body?: unknown;
  };
  const [method, route, , sends] = calls[name];
  const fields = Object.entries(query).flatMap(([field, value]): [string, string][] =>
    value === undefined ? [] : [[field, String(value)]],
  );
  const asked = new URLSearchParams(fields).toString();
  return {
    method: method.toUpperCase(),
    path: `${fillPath(route, path)}${asked && `?${asked}`}`,
    ...(body !== undefined && { body }),
    sends,
  };
}
