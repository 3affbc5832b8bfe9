import { describe } from 'vitest';
import { mayLeaveOutRedis } from '../support/redis-server.js';
import { keepEndpoints } from './webhooks/endpoints.js';
import { takeIncoming } from './webhooks/incoming.js';
import { readPackages } from './webhooks/packages.js';
import { fillSecrets } from './webhooks/secrets.js';
import { sendWebhooks } from './webhooks/sending.js';
import { openWebhookBench } from './webhooks/webhook-bench.js';

describe('webhooks, queued on postgres', () => {
  const bench = openWebhookBench('postgres');
  sendWebhooks(bench);
  // The rest asks nothing of the queue that one backend could answer in another way.
  keepEndpoints(bench);
  readPackages(bench);
  fillSecrets(bench);
  describe('that come in', () => takeIncoming(bench));
});

describe.skipIf(mayLeaveOutRedis)('webhooks, queued on redis', () => sendWebhooks(openWebhookBench('redis')));
