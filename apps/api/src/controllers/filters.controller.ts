import type { Caller } from '@annex/access';
import { eventNameFault } from '@annex/events';
import { Execution } from '@annex/execution';
import { maxFilterValueBytes, restLimits } from '@annex/limits';
import { jsonBytes } from '@annex/kernel';
import { Body, Controller, Inject, Param, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { InFlight } from '../ext/in-flight.js';
import { CurrentCaller } from '../http/authentication.js';
import { CLOSING, waitSignal } from '../http/closing.js';
import { Endpoint } from '../http/endpoint.js';
import { apiErrors } from '../http/errors.js';
import { input } from '../http/input.js';
import { FilteredValue } from '../views/events.js';

const filterBody = z.strictObject({ value: z.unknown().describe('Any JSON, at most 256 KiB') }).check((context) => {
  if (!Object.hasOwn(context.value, 'value'))
    context.issues.push({
      code: 'custom',
      input: context.value,
      path: ['value'],
      message: 'is required; null is a value too',
    });
});

/** Points at which the host application lets plugins change a value. */
@ApiTags('Filters')
@Controller('api')
export class FiltersController {
  readonly #calls = new InFlight(restLimits.filterCalls, 'filter calls');

  constructor(
    private readonly execution: Execution,
    @Inject(CLOSING) private readonly closing: AbortSignal,
  ) {}

  @Post('filters/:name')
  @Endpoint({
    name: 'applyFilter',
    summary: 'Pass a value through every plugin’s filter of this name',
    gate: 'member',
    body: filterBody,
    maxBodyBytes: 2 * maxFilterValueBytes,
    callPoints: 1,
    description:
      'In order of priority, the lowest first; of equals the plugin whose slug sorts first. Each filter has at ' +
      'most a second, all of them five. One that fails is passed over, or ends the call with `FILTER_FAILED` if it ' +
      'says `on_error: "fail"`.',
    answers: { 200: FilteredValue },
  })
  async filter(
    @CurrentCaller() caller: Caller,
    @Param('name') name: string,
    @Body(input(filterBody)) { value }: z.infer<typeof filterBody>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<FilteredValue> {
    const fault = eventNameFault(name, '/name');
    if (fault)
      throw apiErrors.error(
        'INVALID_INPUT',
        `The name of the filter ${fault.detail}`.replaceAll('event name', 'filter name'),
        { errors: [fault] },
      );
    const size = jsonBytes(value as Parameters<typeof jsonBytes>[0]);
    if (size > maxFilterValueBytes)
      throw apiErrors.error(
        'PAYLOAD_TOO_LARGE',
        `The value is ${size} bytes as JSON, the limit is ${maxFilterValueBytes}. Send less, such as an id in ` +
          'place of the thing.',
      );
    const leave = this.#calls.enter(caller.tenant.id);
    try {
      return await this.execution.passThroughFilters({
        tenantId: caller.tenant.id,
        name,
        value: value as never,
        user: caller.user,
        signal: waitSignal(reply, this.closing),
      });
    } finally {
      leave();
    }
  }
}
