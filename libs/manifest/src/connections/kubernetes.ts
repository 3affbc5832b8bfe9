/** What a source of type `kubernetes` is told: which cluster, as whom, and what is watched. */
import { quote } from '@annex/kernel';
import { oneOf, type ConnectionForm } from './fields.js';
import { certificateFault, keyFault } from './pem.js';

/** Kinds of objects that one source watches. */
const maxResources = 10;
const resourcePattern = /^(v1|[a-z0-9.-]{1,120}\/v[a-z0-9]{1,20})\/[a-z0-9]{1,80}$/;
const namePattern = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

export const kubernetesForm: ConnectionForm = {
  address: ['server', 'kubeconfig'],
  fields: {
    server: { kind: 'text', about: '"https://10.0.0.1:6443"', fault: serverFault },
    token: { kind: 'text', about: '"${SECRET:K8S_TOKEN}", of a service account', isSecret: true },
    kubeconfig: { kind: 'text', about: '"${SECRET:KUBECONFIG}", in place of server and token', isSecret: true },
    ca: { kind: 'text', about: 'the certificate of who signed the server’s', fault: certificateFault },
    cert: { kind: 'text', about: 'this client’s certificate', fault: certificateFault },
    key: { kind: 'text', about: 'the key of "cert"', isSecret: true, fault: keyFault },
    namespace: {
      kind: 'text',
      about: 'the only namespace that is watched; left out: all',
      fault: (text) => (namePattern.test(text) ? undefined : `${quote(text, 80)} is no name of a namespace.`),
    },
    labels: { kind: 'text', about: 'a label selector, such as "app=shop"' },
    fields: { kind: 'text', about: 'a field selector, such as "metadata.name=web"' },
    pods: { kind: 'flag', about: 'whether pods that restart, run out of memory, wait or fail a probe are told' },
    resources: {
      kind: 'texts',
      about: 'kinds whose objects are watched, such as "apps/v1/deployments"',
      least: 1,
      most: maxResources,
      fault: (text) =>
        resourcePattern.test(text)
          ? undefined
          : `${quote(text, 80)} must be "v1/<plural>" or "<group>/<version>/<plural>".`,
    },
    initial: { kind: 'flag', about: 'whether the objects that are there at the beginning are told' },
    lookback_s: { kind: 'whole', about: 'how old what happened to a pod may be at the beginning', most: 86_400 },
    names: { kind: 'text', about: '"annex" or "khook"', fault: oneOf('annex', 'khook') },
  },
  faults: ({ server, kubeconfig, cert, key }) => [
    ...((server ?? null) === null && (kubeconfig ?? null) === null
      ? [
          {
            pointer: '/server',
            code: 'REQUIRED',
            detail: 'is required: the address of the API server, or "kubeconfig".',
          },
        ]
      : []),
    ...((server ?? null) !== null && (kubeconfig ?? null) !== null
      ? [{ pointer: '/server', code: 'VALUE', detail: 'is in "kubeconfig" already; leave one of them out.' }]
      : []),
    ...((cert ?? null) !== null && (key ?? null) === null
      ? [{ pointer: '/key', code: 'REQUIRED', detail: 'is required: the key of "cert".' }]
      : []),
  ],
};

function serverFault(text: string): string | undefined {
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:') || url.hostname === '')
    return 'is no address such as "https://10.0.0.1:6443".';
  if (url.username !== '' || url.password !== '') return 'names a user: write "token" with the name of a secret.';
  return url.search === '' && url.hash === '' ? undefined : 'must be without "?" and "#".';
}
