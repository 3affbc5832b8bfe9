/** What a source of type `mqtt` is told: which broker, as whom, and which topics. */
import { quote } from '@annex/kernel';
import { oneOf, type ConnectionForm } from './fields.js';
import { certificateFault, keyFault } from './pem.js';

/** Topics that one source follows. They stand in its cursor. */
const maxTopics = 20;
const maxTopicBytes = 200;

export const mqttForm: ConnectionForm = {
  address: ['url'],
  fields: {
    url: { kind: 'text', about: '"mqtts://broker.example.com:8883"', isRequired: true, fault: urlFault },
    topics: {
      kind: 'texts',
      about: 'filters such as "plant/+/temperature"',
      isRequired: true,
      least: 1,
      most: maxTopics,
      fault: topicFault,
    },
    username: { kind: 'text', about: 'the name that the broker knows' },
    password: { kind: 'text', about: '"${SECRET:MQTT_PASSWORD}"', isSecret: true },
    client_id: {
      kind: 'text',
      about: 'who this source is for the broker',
      fault: (text) =>
        /^[\x21-\x7e]{1,120}$/.test(text) ? undefined : 'must be 1 to 120 visible characters of ASCII.',
    },
    version: { kind: 'text', about: '"5", or "3.1.1" for a broker that knows no other', fault: oneOf('5', '3.1.1') },
    qos: { kind: 'whole', about: '1: each message at least once; 0: what is lost is lost', least: 0, most: 1 },
    session_expiry_s: {
      kind: 'whole',
      about: 'how long the broker keeps messages while nobody is connected',
      least: 60,
      most: 0xffff_fffe,
    },
    keepalive_s: { kind: 'whole', about: 'how often the connection shows that it lives', least: 5, most: 3600 },
    id_from: {
      kind: 'text',
      about: 'the path of what is different in each message, such as "data.payload.id"',
      fault: (text) =>
        /^data\.[A-Za-z0-9_.-]{1,100}$/.test(text) ? undefined : 'must be a path such as "data.payload.id".',
    },
    will: {
      kind: 'object',
      about: 'what the broker says when this connection breaks',
      members: {
        topic: { kind: 'text', about: 'the topic without wildcards', isRequired: true, fault: nameFault },
        payload: { kind: 'text', about: 'what is said' },
        qos: { kind: 'whole', about: '0, 1 or 2', least: 0, most: 2 },
        retain: { kind: 'flag', about: 'whether the broker keeps it' },
      },
    },
    ca: { kind: 'text', about: 'the certificate of who signed the broker’s', fault: certificateFault },
    cert: { kind: 'text', about: 'this client’s certificate', fault: certificateFault },
    key: { kind: 'text', about: 'the key of "cert"', isSecret: true, fault: keyFault },
  },
  faults: ({ cert, key, password, username }) => [
    ...((cert ?? null) === null || (key ?? null) !== null
      ? []
      : [{ pointer: '/key', code: 'REQUIRED', detail: 'is required: the key of "cert".' }]),
    ...((password ?? null) === null || (username ?? null) !== null
      ? []
      : [{ pointer: '/username', code: 'REQUIRED', detail: 'is required: whose password it is.' }]),
  ],
};

function urlFault(text: string): string | undefined {
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'mqtt:' && url.protocol !== 'mqtts:') || url.hostname === '')
    return 'is no address such as "mqtts://broker.example.com:8883".';
  if (url.username !== '' || url.password !== '')
    return 'names a user: write "username", and "password" with the name of a secret.';
  return (url.pathname === '' || url.pathname === '/') && url.search === '' && url.hash === ''
    ? undefined
    : 'goes on behind the host: write host and port alone.';
}

/** MQTT 5.0 §4.7 and §4.8.2. */
function topicFault(text: string): string | undefined {
  if (Buffer.byteLength(text) > maxTopicBytes) return `is longer than ${maxTopicBytes} bytes.`;
  const shared = /^\$share\/([^/+#]+)\/(.+)$/s.exec(text);
  if (text.startsWith('$share/') && !shared) return `${quote(text, 80)} must be "$share/<group>/<filter>".`;
  const filter = shared?.[2] ?? text;
  const levels = filter.split('/');
  const isWrong = levels.some(
    (level, index) =>
      (level.includes('+') && level !== '+') || (level.includes('#') && (level !== '#' || index < levels.length - 1)),
  );
  if (isWrong) return `${quote(text, 80)}: "+" stands for a whole level, and "#" for all that follow, at the end.`;
  return filter.includes('\0') ? 'holds a character that no topic has.' : undefined;
}

function nameFault(text: string): string | undefined {
  return /[+#\0]/.test(text) ? 'must name one topic, without "+" and "#".' : undefined;
}
