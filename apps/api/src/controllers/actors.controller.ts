import { Access, type Caller } from '@annex/access';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CurrentCaller } from '../http/authentication.js';
import { Endpoint } from '../http/endpoint.js';
import { input, lookup } from '../http/input.js';
import { Actor } from '../views/shared.js';

const maxActors = 100;
const query = z.object({
  ids: lookup(20_000)
    .transform((text) => [...new Set(text.split(','))])
    .pipe(z.array(z.string().min(1).max(200)).max(maxActors, { error: `names at most ${maxActors} actors` }))
    .describe(
      `What stands in \`actor\`, \`by\` and \`created_by\` of other answers, up to ${maxActors}, with commas between`,
    ),
});
const Actors = z.object({ items: z.array(Actor) });
type Actors = z.infer<typeof Actors>;

/** Every answer shows who did something by id; here ids of all kinds get names, a whole page of them at once. */
@ApiTags('Users')
@Controller('api/actors')
export class ActorsController {
  constructor(private readonly access: Access) {}

  @Get()
  @Endpoint({
    name: 'listActors',
    summary: 'Who they are that did something: ids of users, tokens and operators with their names, in the order asked',
    gate: 'member',
    query,
    answers: { 200: Actors },
  })
  async list(@CurrentCaller() caller: Caller, @Query(input(query)) { ids }: z.infer<typeof query>): Promise<Actors> {
    const names = await this.access.actors.names(caller.tenant.id, ids);
    return { items: ids.map((id) => names.of(id)) };
  }
}
