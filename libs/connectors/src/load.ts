import type { Connector } from './connector.js';

/** Each type's code is loaded when the first connection of it is opened. */
const loaders: Readonly<Record<string, () => Promise<Connector>>> = {
  kafka: async () => (await import('./kafka/kafka.js')).kafka,
  kubernetes: async () => (await import('./kubernetes/kubernetes.js')).kubernetes,
  mqtt: async () => (await import('./mqtt/mqtt.js')).mqtt,
  postgres: async () => (await import('./postgres/postgres.js')).postgres,
};

/** The connector of a type; `undefined`: Annex holds no connections of it. */
export async function loadConnector(type: string): Promise<Connector | undefined> {
  return Object.hasOwn(loaders, type) ? loaders[type]?.() : undefined;
}
