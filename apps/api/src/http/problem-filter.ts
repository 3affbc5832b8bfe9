import type { Logger } from '@annex/kernel';
import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { KnownRoutes } from './known-routes.js';
import { sendProblem } from './problem.js';

/** Everything a controller throws ends here. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly logger: Logger,
    private readonly routes: KnownRoutes,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const missed = request.is404 ? this.routes.wrongMethod(request) : undefined;
    sendProblem(missed ?? thrown, request, http.getResponse<FastifyReply>(), this.logger);
  }
}
