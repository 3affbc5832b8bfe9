import { readMapping } from '@annex/events';
import { readAgents, readYaml } from '@annex/manifest';
import { describe, expect, it } from 'vitest';
import { importKhook, type KhookImport } from './import-khook.js';

const bring = (files: Record<string, string>, options: { dedupe?: boolean } = {}): KhookImport =>
  importKhook(
    Object.entries(files).map(([path, text]) => ({ path, bytes: Buffer.from(text) })),
    options,
  );
const places = (faults: KhookImport['errors']): string[] =>
  faults.map(({ file, line, detail }) => `${file}:${line} ${detail}`);
/** What a server reads of a file that was written. */
const read = (text: string) => {
  const parsed = readYaml(Buffer.from(text), { maxBytes: 100_000, levels: 20, what: 'mapping' });
  const reading = readMapping(parsed.ok ? parsed.value : parsed);
  return reading.ok ? { warnings: reading.warnings, rules: reading.mapping.rules } : reading;
};

const mappings = `mappings:
  # Pods
  - eventSource: "kubernetes"
    eventType: "pod-restart"
    internalType: "PodRestart"
    description: "A container of a pod began again"
    severity: "warning"
    enabled: true
    tags:
      category: "reliability"
      impact: "medium"

  # Later
  - eventSource: "prometheus"
    eventType: "high-cpu"
    internalType: "HighCPU"
    severity: "warning"
    enabled: false

  - eventSource: "webhook"
    eventType: "security-alert"
    internalType: "SecurityAlert"
    severity: "critical"
`;
const hook = (name: string, configuration: string): string => `apiVersion: kagent.dev/v1alpha2
kind: Hook
metadata:
  name: ${name}
  namespace: staging
spec:
  eventConfigurations:
${configuration}
`;
const restart = `  - eventType: pod-restart
    agentRef:
      name: analyzer
      namespace: kagent
    prompt: |
      Pod {{.ResourceName}} restarted at {{.EventTime}}. Find out why.`;

describe('event mappings of KHook', () => {
  it('become a mapping that a server takes as it is, with the comments, in the same order', () => {
    const { mappings: written, errors, warnings, leftOut } = bring({ 'config/event-mappings.yaml': mappings });
    expect([errors, leftOut]).toEqual([[], []]);
    expect(written).toMatchObject([
      { path: 'mappings/event-mappings.yaml', rules: 3, enabled: 1, from: 'config/event-mappings.yaml' },
    ]);
    const text = written[0]?.text ?? '';
    expect(text).toMatch(/^api_version: v1\nmappings:\n {2}# Pods\n {2}- source: "kubernetes"\n/);
    expect(text).toContain('# Later');
    expect(read(text)).toMatchObject({
      warnings: [],
      rules: [
        {
          ...{ source: 'kubernetes', type: 'pod-restart', to: 'pod_restart', severity: 'warning', enabled: true },
          tags: ['category:reliability', 'impact:medium'],
        },
        { source: 'prometheus', type: 'high-cpu', to: 'high_cpu', enabled: false },
        { source: 'webhook', type: 'security-alert', to: 'security_alert', enabled: false },
      ],
    });
    expect(places(warnings)).toEqual([
      expect.stringMatching(/^config\/event-mappings\.yaml:5 .*"PodRestart" is read as "pod_restart"/),
      expect.stringMatching(/:16 .*"high_cpu"/),
      expect.stringMatching(/:20 .*has no "enabled", so it is off in KHook/),
      expect.stringMatching(/:22 .*"security_alert"/),
    ]);
  });

  it('are off when "enabled" has no value, as it is in KHook', () => {
    const [written] = bring({ 'e.yaml': 'mappings:\n  - { eventType: a, enabled: }\n' }).mappings;
    expect([written?.enabled, read(written?.text ?? '')]).toMatchObject([0, { rules: [{ enabled: false }] }]);
  });

  it('get the ten minutes of KHook when that is asked for', () => {
    const [written] = bring({ 'e.yaml': mappings }, { dedupe: true }).mappings;
    const { rules } = read(written?.text ?? '') as { rules: { dedupe: unknown }[] };
    expect(rules.map(({ dedupe }) => dedupe)).toEqual(
      Array.from({ length: 3 }, () => expect.objectContaining({ key: '{{ subject }}', windowS: 600 })),
    );
  });

  it('are found in a ConfigMap, with the lines of the file', () => {
    const map = (text: string): string => `# the settings of the controller
apiVersion: v1
kind: ConfigMap
metadata:
  name: event-mappings
data:
  event-mappings.yaml: |
${text.replace(/^(?=.)/gm, '    ')}`;
    const { mappings: written, errors } = bring({ 'cluster.yaml': map(mappings) });
    expect(errors).toEqual([]);
    expect(written).toMatchObject([{ path: 'mappings/event-mappings.yaml', rules: 3, from: 'cluster.yaml' }]);
    const faulty = bring({ 'cluster.yaml': map(mappings.replace('severity: "critical"', 'level: "critical"')) });
    expect(places(faulty.errors)).toEqual([expect.stringMatching(/^cluster\.yaml:30 mappings\.2\.level is not a key/)]);
    expect(faulty.errors[0]?.column).toBeNull();
  });

  it('with a fault anywhere are not written at all, and every fault has its place', () => {
    const result = bring({
      'good.yaml': mappings,
      'bad.yaml': mappings.replace('"critical"', '"kritical"').replace('eventSource: "prometheus"', 'source: 7'),
      'worse.yaml': 'mappings:\n  - eventType: [\n',
      'other.yaml': 'some: thing\n',
      'empty.yaml': '# nothing\n',
    });
    expect(result.mappings).toEqual([]);
    // Of a text that is no YAML the first fault is told: the others follow from it.
    expect(places(result.errors)).toEqual([
      expect.stringMatching(/^bad\.yaml:14 mappings\.1\.source must be a text/),
      expect.stringMatching(/^bad\.yaml:23 mappings\.2\.severity must be one of .*Did you mean "critical"/),
      expect.stringMatching(/^empty\.yaml:\d+ holds nothing/),
      expect.stringMatching(/^other\.yaml:1 is neither a list of event mappings/),
      expect.stringMatching(/^worse\.yaml:\d /),
    ]);
  });

  it('in a template of a chart are not guessed at', () => {
    const chart = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ include "khook.fullname" . }}-mappings\n';
    expect(places(bring({ 'configmap.yaml': chart }).errors)).toEqual([
      expect.stringMatching(/^configmap\.yaml:4 holds templates of Helm; give what "helm template" prints/),
    ]);
  });

  it('of two files of one name get two names', () => {
    const { mappings: written } = bring({ 'a/Event Mappings.yaml': mappings, 'b/event-mappings.yml': mappings });
    expect(written.map(({ path }) => path)).toEqual(['mappings/event-mappings.yaml', 'mappings/event-mappings-2.yaml']);
  });
});

describe('Hooks of KHook', () => {
  it('become agents that are asked the same, in the words of Annex', () => {
    const old = hook('old', '  - eventType: "oom-kill"\n    agentId: "kagent/memory"\n    prompt: look at {{.Nobody}}');
    const result = bring({ 'hooks.yaml': `# of two teams\n\n${hook('pods', restart)}---\n${old}` });
    expect(result).toMatchObject({ mappings: [], errors: [], leftOut: [] });
    expect(result.agents).toMatchObject([
      { path: 'agents/pods-pod-restart.yaml', agent: 'kagent/analyzer', from: 'hooks.yaml' },
      { path: 'agents/old-oom-kill.yaml', agent: 'kagent/memory' },
    ]);
    expect(places(result.warnings)).toEqual([expect.stringMatching(/^hooks\.yaml:\d+ .*names "{{\.Nobody}}"/)]);
    const files = new Map(result.agents.map(({ path, text }) => [path, Buffer.from(text)]));
    const { agents, errors } = readAgents(files, { declaredSecrets: ['KAGENT_URL'], allow: [], taken: [] });
    expect(errors).toEqual([]);
    expect(agents.find(({ name }) => name === 'pods-pod-restart')).toMatchObject({
      on: ['pod-restart', 'pod.restart'],
      url: '${SECRET:KAGENT_URL}/api/a2a/kagent/analyzer/',
      agent: { protocol: 'a2a', prompt: expect.stringContaining('Pod {{ subject }} restarted at {{ time }}.') },
    });
  });

  it('are found in a list that kubectl prints, with what the cluster adds', () => {
    const item = hook('pods', restart)
      .replace(
        '  namespace: staging\n',
        '  namespace: staging\n  managedFields:\n  - fieldsV1: { f:spec: { .: {} } }\n',
      )
      .replace(/^(?=.)/gm, '  ')
      .replace(/^ {2}/, '- ');
    const { agents, errors } = bring({ 'list.yaml': `apiVersion: v1\nkind: List\nitems:\n${item}` });
    expect(errors).toEqual([]);
    expect(agents).toMatchObject([{ path: 'agents/pods-pod-restart.yaml', from: 'list.yaml' }]);
  });

  it.each<[string, string, RegExp]>([
    [
      'no agent',
      hook('a', restart.replace('agentRef', 'agent')),
      /:8 spec\.eventConfigurations\.0\.agentRef is required/,
    ],
    ['no type', hook('a', restart.replace('eventType: pod-restart', 'type: x')), /:8 .*\.eventType is required/],
    ['an empty prompt', hook('a', restart.replace(/\|[^]*$/, '" "')), /:12 .*\.prompt is required/],
    ['no configurations', hook('a', '    []'), /:7 spec\.eventConfigurations is required/],
    ['no name', hook('a', restart).replace('  name: a\n', ''), /:3 metadata\.name is required/],
    ['another group', hook('a', restart).replace('kagent.dev', 'example.com'), /:1 apiVersion must be of kagent\.dev/],
  ])('with %s are refused where that stands', (_name, text, expected) => {
    const { errors, leftOut } = bring({ 'h.yaml': text });
    expect(places(errors)).toEqual([expect.stringMatching(expected)]);
    expect(leftOut).toEqual([]);
  });
});

it('what is not of KHook, and its own plugins, are named', () => {
  const files = {
    'all.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: { name: keys, namespace: kagent }\n',
    'plugins.yaml': 'plugins:\n  - name: kubernetes\n    enabled: true\n  - name: webhook\n',
  };
  const { leftOut, errors } = bring(files);
  expect(errors).toEqual([]);
  expect(leftOut.map(({ kind, name, line }) => [kind, name, line])).toEqual([
    ['Secret', 'kagent/keys', 1],
    ['plugin', 'kubernetes', 2],
    ['plugin', 'webhook', 4],
  ]);
});
