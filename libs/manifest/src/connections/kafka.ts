/** What a source of type `kafka` is told: which brokers, as whom, and which topics. */
import { quote } from '@annex/kernel';
import { oneOf, type ConnectionForm } from './fields.js';
import { certificateFault, keyFault } from './pem.js';

/** Topics that one source reads; their offsets stand in its cursor. */
const maxTopics = 10;

export const kafkaForm: ConnectionForm = {
  address: ['brokers'],
  fields: {
    brokers: {
      kind: 'texts',
      about: 'such as "kafka-1.example.com:9092"',
      isRequired: true,
      least: 1,
      most: 20,
      fault: (text) =>
        /^([A-Za-z0-9._-]{1,253}|\[[0-9a-fA-F:.]+\]):[1-9][0-9]{0,4}$/.test(text)
          ? undefined
          : `${quote(text, 80)} must be "host:port".`,
    },
    topics: {
      kind: 'texts',
      about: 'their names',
      isRequired: true,
      least: 1,
      most: maxTopics,
      fault: (text) =>
        /^[A-Za-z0-9._-]{1,249}$/.test(text)
          ? undefined
          : `${quote(text, 80)} must be 1 to 249 of a-z, A-Z, 0-9, ".", "_" and "-".`,
    },
    from: {
      kind: 'text',
      about: 'where a source without a cursor begins: "earliest" or "latest"',
      fault: oneOf('earliest', 'latest'),
    },
    tls: { kind: 'flag', about: 'whether the brokers are spoken to with TLS' },
    ca: { kind: 'text', about: 'the certificate of who signed the brokers’', fault: certificateFault },
    cert: { kind: 'text', about: 'this client’s certificate', fault: certificateFault },
    key: { kind: 'text', about: 'the key of "cert"', isSecret: true, fault: keyFault },
    mechanism: {
      kind: 'text',
      about: 'how the password is proven',
      fault: oneOf('PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'),
    },
    username: { kind: 'text', about: 'the name that the brokers know' },
    password: { kind: 'text', about: '"${SECRET:KAFKA_PASSWORD}"', isSecret: true },
  },
  faults: (given) => {
    const has = (key: string): boolean => (given[key] ?? null) !== null;
    const needs = (key: string, because: string): { pointer: string; code: string; detail: string }[] =>
      has(key) ? [] : [{ pointer: `/${key}`, code: 'REQUIRED', detail: `is required: ${because}.` }];
    return [
      ...(has('cert') ? needs('key', 'the key of "cert"') : []),
      ...(has('mechanism') ? [...needs('username', 'who it is'), ...needs('password', 'what proves it')] : []),
      ...(has('password') ? needs('mechanism', 'how the password is proven') : []),
    ];
  },
};
