import type { FastifyRequest, RouteOptions } from 'fastify';
import { apiErrors } from './errors.js';

interface KnownRoute {
  readonly path: RegExp;
  readonly methods: readonly string[];
}

/**
 * Every route of the server, to tell a path that is not there from a method that it does not take (RFC 9110 §15.5.6).
 */
export class KnownRoutes {
  readonly #routes: KnownRoute[] = [];

  add({ url, method }: Pick<RouteOptions, 'url' | 'method'>): void {
    const pattern = url
      .replace(/\/+$/, '')
      .split('/')
      .map((part) =>
        part === '*' ? '.*' : part.startsWith(':') ? '[^/]+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
      )
      .join('/');
    this.#routes.push({ path: new RegExp(`^${pattern}/?$`), methods: [method].flat() });
  }

  /** The methods that a path takes, sorted; none: there is no such path. */
  methodsOf(path: string): string[] {
    return [...new Set(this.#routes.flatMap((route) => (route.path.test(path) ? route.methods : [])))].sort();
  }

  /** `METHOD_NOT_ALLOWED` with `Allow`, for a request that no route took although its path is there. */
  wrongMethod({ method, url }: Pick<FastifyRequest, 'method' | 'url'>): Error | undefined {
    const methods = this.methodsOf(url.split('?')[0] ?? '');
    if (methods.length === 0) return undefined;
    const allow = methods.join(', ');
    return apiErrors.error('METHOD_NOT_ALLOWED', `${method} is not taken here. This path takes ${allow}.`, {
      headers: { allow },
    });
  }
}
