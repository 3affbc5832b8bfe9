import { it } from 'vitest';
import { mayLeaveOutRedis } from '../support/redis-server.js';
import { rounds } from './settings.js';
import { manySchedules } from './schedules.js';

it(
  'decides each tick of 200 schedules once and by its policy, through kills and a blackout',
  () => manySchedules(mayLeaveOutRedis ? 'postgres' : 'redis'),
  600_000,
);
it.skipIf(rounds === 1)('does so with the queue on PostgreSQL too', () => manySchedules('postgres'), 600_000);
