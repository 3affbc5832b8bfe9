/** What a source of type `mqtt` was told, defaults filled in. The manifest's `connectionFaults` has judged it. */
import { isJsonObject, type Json, type JsonObject } from '@annex/kernel';
import type { Certificates } from '../secure.js';

export interface MqttSettings {
  host: string;
  port: number;
  /** `undefined`: without TLS. */
  tls: Certificates | undefined;
  version: 4 | 5;
  clientId: string;
  /** The broker forgets the session with the connection. */
  isPassing: boolean;
  username: string | undefined;
  password: string | undefined;
  topics: string[];
  qos: 0 | 1;
  sessionExpiryS: number;
  keepaliveS: number;
  /** Path to what is different in each message. */
  idFrom: string[] | undefined;
  will: { topic: string; payload: string; qos: 0 | 1 | 2; retain: boolean } | undefined;
}

/** As long as a weekend and the day after it. */
const sessionExpiryS = 3 * 86_400;
const keepaliveS = 30;

export function readSettings(given: JsonObject, name: string): MqttSettings {
  const url = new URL(String(given['url']));
  const isSecure = url.protocol === 'mqtts:';
  const { will } = given;
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (isSecure ? 8883 : 1883) : Number(url.port),
    tls: isSecure ? { ca: text(given['ca']), cert: text(given['cert']), key: text(given['key']) } : undefined,
    version: given['version'] === '3.1.1' ? 4 : 5,
    clientId: text(given['client_id']) ?? `annex-${name}`,
    isPassing: false,
    username: text(given['username']),
    password: text(given['password']),
    topics: [...new Set((given['topics'] as string[]).map(String))],
    qos: given['qos'] === 0 ? 0 : 1,
    sessionExpiryS: Number(given['session_expiry_s'] ?? sessionExpiryS),
    keepaliveS: Number(given['keepalive_s'] ?? keepaliveS),
    idFrom: text(given['id_from'])?.split('.').slice(1),
    will: isJsonObject(will ?? null) ? readWill(will as JsonObject) : undefined,
  };
}

function readWill({ topic, payload, qos, retain }: JsonObject): MqttSettings['will'] {
  return {
    topic: String(topic),
    payload: text(payload) ?? '',
    qos: qos === 2 ? 2 : qos === 1 ? 1 : 0,
    retain: retain === true,
  };
}

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
