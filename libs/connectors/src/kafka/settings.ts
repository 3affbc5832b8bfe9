/** What a source of type `kafka` was told, defaults filled in. The manifest's `connectionFaults` has judged it. */
import type { Json, JsonObject } from '@annex/kernel';
import type { Certificates } from '../secure.js';

export interface Broker {
  host: string;
  port: number;
}

export interface KafkaSettings {
  brokers: Broker[];
  topics: string[];
  from: 'earliest' | 'latest';
  /** `undefined`: without TLS. */
  tls: Certificates | undefined;
  sasl: { mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'; username: string; password: string } | undefined;
}

export function readSettings(given: JsonObject): KafkaSettings {
  const { mechanism } = given;
  return {
    brokers: texts(given['brokers']).map((broker) => {
      const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(broker) ?? [];
      return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
    }),
    topics: [...new Set(texts(given['topics']))],
    from: given['from'] === 'latest' ? 'latest' : 'earliest',
    tls:
      given['tls'] === true ? { ca: text(given['ca']), cert: text(given['cert']), key: text(given['key']) } : undefined,
    sasl:
      mechanism === 'PLAIN' || mechanism === 'SCRAM-SHA-256' || mechanism === 'SCRAM-SHA-512'
        ? { mechanism, username: String(given['username']), password: String(given['password']) }
        : undefined,
  };
}

function texts(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
