import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { KnownRoutes } from './known-routes.js';
import type { Problems } from './problem.js';

/** Everything a controller throws ends here. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly problems: Problems,
    private readonly routes: KnownRoutes,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const missed = request.is404 ? this.routes.wrongMethod(request) : undefined;
    this.problems.send(missed ?? thrown, request, http.getResponse<FastifyReply>());
  }
}
