/** deploy/helm/annex: what the chart renders is what Kubernetes takes, and keeps what docs/kubernetes.md promises. */
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import { Deployment } from 'kubernetes-models/apps/v1';
import { Job } from 'kubernetes-models/batch/v1';
import { Ingress, NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { Service } from 'kubernetes-models/v1';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { chartFolder, objectsOf, renderChart } from './render-chart.mjs';

/** Every switch of the chart, turned the other way. */
const everything = {
  image: { tag: '1.2.3', pullSecrets: [{ name: 'registry' }] },
  isolation: 'restricted',
  files: [
    { name: 'ca', mountPath: '/etc/annex', secretName: 'ca' },
    { name: 'plugins', mountPath: '/etc/plugins', configMapName: 'plugins' },
  ],
  settings: { FILES_URL: 's3://bucket/prefix', ANNEX_TRUST_PROXY: '10.0.0.0/8' },
  api: {
    autoscaling: { enabled: true },
    nodeSelector: { disk: 'fast' },
    tolerations: [{ key: 'x', operator: 'Exists' }],
  },
  worker: { autoscaling: { enabled: true } },
  migration: { existingSecret: 'owner' },
  ingress: { enabled: true, className: 'nginx', tlsSecretName: 'tls', annotations: { a: 'b' } },
  networkPolicy: {
    ingressFrom: [{ podSelector: {} }],
    storePeers: [{ ipBlock: { cidr: '10.1.0.0/16' } }],
    egress: [{ to: [{ ipBlock: { cidr: '10.2.0.1/32' } }], ports: [{ port: 25, protocol: 'TCP' }] }],
  },
  podMonitor: { enabled: true },
};

const kinds = { Deployment, HorizontalPodAutoscaler, Ingress, Job, NetworkPolicy, PodDisruptionBudget, Service };

/** Throws what Kubernetes' own schema says against an object; `false`: it is of a kind that is not Kubernetes' own. */
function validate(object: Record<string, unknown>): boolean {
  const Kind = kinds[String(object['kind']) as keyof typeof kinds] as
    (new (data: object) => { validate(): void }) | undefined;
  if (!Kind) return false;
  new Kind(object).validate();
  return true;
}

/** The first container of the only object of a name. */
function containerOf(values: object, kind: string, name: string): Record<string, unknown> {
  const found = objectsOf(renderChart(values)).find(
    (each) => each['kind'] === kind && (each['metadata'] as { name: string }).name === name,
  ) as { spec: { template: { spec: { containers: Record<string, unknown>[] } } } } | undefined;
  return found?.spec.template.spec.containers[0] ?? {};
}

describe('the chart', () => {
  it.each([
    [
      'its own values',
      {},
      ['Deployment', 'Deployment', 'Job', 'NetworkPolicy', 'PodDisruptionBudget', 'PodDisruptionBudget', 'Service'],
    ],
    [
      'every switch turned',
      everything,
      [
        'Deployment',
        'Deployment',
        'HorizontalPodAutoscaler',
        'HorizontalPodAutoscaler',
        'Ingress',
        'Job',
        'NetworkPolicy',
        'PodDisruptionBudget',
        'PodDisruptionBudget',
        'PodMonitor',
        'Service',
      ],
    ],
  ])('renders what Kubernetes takes, with %s', (_name, values, expected) => {
    const objects = objectsOf(renderChart(values));
    expect(objects.map(({ kind }) => kind).sort()).toEqual(expected);
    expect(objects.filter((object) => !validate(object)).map(({ kind }) => kind)).toEqual(
      expected.filter((kind) => kind === 'PodMonitor'),
    );
  });

  it('is held against a schema that refuses', () => {
    const [deployment = {}] = objectsOf(renderChart()).filter(({ kind }) => kind === 'Deployment');
    expect(() => validate({ ...deployment, spec: { replicas: 'two' } })).toThrow();
  });

  it('gives a pod that runs plugins no more than its isolation says', () => {
    expect(containerOf({}, 'Deployment', 'annex-worker')['securityContext']).toEqual({
      runAsUser: 0,
      allowPrivilegeEscalation: true,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'], add: ['SETUID', 'SETGID', 'KILL', 'SYS_ADMIN', 'CHOWN', 'DAC_OVERRIDE'] },
      seccompProfile: { type: 'RuntimeDefault' },
    });
    for (const [kind, name] of [
      ['Deployment', 'annex-api'],
      ['Job', 'annex-migrate'],
    ] as const)
      expect(containerOf(everything, kind, name)['securityContext']).toMatchObject({
        runAsNonRoot: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      });
    const settings = (values: object) =>
      Object.fromEntries(
        (containerOf(values, 'Deployment', 'annex-api')['env'] as { name: string; value: string }[]).map(
          ({ name, value }) => [name, value],
        ),
      );
    expect(settings({})).toMatchObject({ ANNEX_ROLE: 'api', ANNEX_SANDBOX_REQUIRE: 'T3', LOG_LEVEL: 'info' });
    expect(settings(everything)).toMatchObject({ ANNEX_SANDBOX_REQUIRE: 'T1', FILES_URL: 's3://bucket/prefix' });
  });

  it('lets the owner’s login reach the migration alone, where it has a Secret of its own', () => {
    const secretOf = (kind: string, name: string) => containerOf(everything, kind, name)['envFrom'];
    expect(secretOf('Job', 'annex-migrate')).toEqual([{ secretRef: { name: 'owner' } }]);
    expect(secretOf('Deployment', 'annex-worker')).toEqual([{ secretRef: { name: 'annex' } }]);
  });

  it('refuses values that are none', () => {
    const validates = new Ajv({ strict: false }).compile(
      JSON.parse(readFileSync(`${chartFolder}values.schema.json`, 'utf8')) as object,
    );
    const own = parse(readFileSync(`${chartFolder}values.yaml`, 'utf8')) as Record<string, unknown>;
    expect(validates(own)).toBe(true);
    for (const wrong of [{ replicas: 3 }, { isolation: 'none' }, { settings: { ANNEX_CONNECTIONS: 10_000_000 } }])
      expect(validates({ ...own, ...wrong })).toBe(false);
  });
});
