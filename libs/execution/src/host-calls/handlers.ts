import { handlersNotAvailable, type HostHandlers } from '@annex/host-api';
import type { Clock } from '@annex/kernel';
import type { Database, EmitEvent } from '@annex/persistence';
import { fairEgress } from './fair-egress.js';
import { flowHandlers } from './flow.js';
import { httpHandlers } from './http.js';
import { kvHandlers } from './kv.js';
import type { EgressPort, SecretsPort, StartJob } from './ports.js';
import type { RunIdentity } from './run-identity.js';

export interface HostCallPorts {
  database: Pick<Database, 'forTenant'>;
  secrets: SecretsPort;
  egress: EgressPort;
  emit: EmitEvent;
  startJob: StartJob;
  clock: Clock;
}

/** A handler for every row of the host-call table. */
export function hostCallHandlers({ database, secrets, egress, emit, startJob, clock }: HostCallPorts): HostHandlers<RunIdentity> {
  return {
    'secrets.get': async ([name], { identity }) => {
      const { tenantId, installationId, secrets: declared } = identity.snapshot;
      const value = (await secrets.readForRun(tenantId, installationId, declared)).get(name);
      if (value === undefined) return null;
      identity.sawSecret(name, value);
      return value;
    },
    ...httpHandlers(fairEgress(egress), clock),
    ...kvHandlers(database),
    ...flowHandlers({ database, emit, startJob, clock }),
    ...handlersNotAvailable(
      [
        'db.query',
        'db.getById',
        'db.count',
        'db.insert',
        'db.update',
        'db.delete',
        'files.list',
        'files.read',
        'files.stat',
        'files.url',
        'files.upload',
        'files.delete',
        'email.send',
        'webhooks.send',
        'llm.run',
        'plugins.call',
        'templates.render',
        'analytics.track',
      ],
      'This version of Annex does not serve it yet.',
    ),
  };
}
