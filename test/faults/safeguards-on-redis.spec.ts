import { describe } from 'vitest';
import { mayLeaveOutRedis } from '../support/redis-server.js';
import { describeSafeguards } from './safeguards.js';

describe.skipIf(mayLeaveOutRedis)('with Redis', () => describeSafeguards('redis'));
