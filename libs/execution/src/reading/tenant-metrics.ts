/**
 * A tenant's numbers as Prometheus reads them (text exposition format 0.0.4). They are the counts of the present UTC
 * day and begin again at midnight, as after a restart of a process, which `rate` and `increase` know.
 */
import { handlingBucketsS } from '../recording/usage-amounts.js';
import type { PluginDay } from '../rows/usage.js';

/** Most series of one name; the others are left out, and `annex_series_left_out` says how many. */
export const maxSeries = 1000;

interface Family {
  name: string;
  help: string;
  type: 'counter' | 'gauge' | 'histogram' | 'summary';
  lines: string[];
}

/** The page of a tenant's plugins. */
export function tenantMetricsText(plugins: readonly PluginDay[]): string {
  const families = [
    activity(plugins),
    counter(plugins, 'plugin_runs_total', 'Runs that ended today, by plugin', ({ metrics }) => [[{}, metrics['runs']]]),
    counter(plugins, 'plugin_events_total', 'Events handled, by plugin and the pattern of the hook', (day) =>
      named(day, 'event/', ([event_type = '']) => ({ event_type })),
    ),
    counter(plugins, 'plugin_errors_total', 'Attempts that failed, by plugin and code', (day) =>
      named(day, 'error/', ([error_type = '']) => ({ error_type })),
    ),
    handling(plugins),
    counter(plugins, 'job_runs_total', 'Runs of jobs that ended, by plugin, job and status', (day) =>
      named(day, 'job/', ([status = '', ...job]) => ({ job: job.join('/'), status })),
    ),
    jobDurations(plugins),
    counter(
      plugins,
      'source_runs_total',
      'Polls and requests of sources that ended, by plugin, source and status',
      (day) => named(day, 'source/', ([status = '', ...source]) => ({ source: source.join('/'), status })),
    ),
    counter(plugins, 'webhook_deliveries_total', 'Deliveries that ended, by plugin, webhook and status', (day) =>
      named(day, 'webhook/', ([status = '', ...webhook]) => ({ webhook: webhook.join('/'), status })),
    ),
  ];
  const leftOut = families.reduce((sum, { lines }) => sum + Math.max(0, lines.length - maxSeries), 0);
  const all: Family[] = [
    ...families,
    {
      name: 'annex_series_left_out',
      help: `Series beyond the ${maxSeries} of one name`,
      type: 'gauge',
      lines: [`annex_series_left_out ${leftOut}`],
    },
  ];
  return all
    .map(({ name, help, type, lines }) =>
      [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines.slice(0, maxSeries), ''].join('\n'),
    )
    .join('');
}

type Labels = Record<string, string>;

function line(name: string, labels: Labels, value: number): string {
  const written = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
  return `${name}{${written.join(',')}} ${value}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function counter(
  plugins: readonly PluginDay[],
  name: string,
  help: string,
  seriesOf: (day: PluginDay) => [Labels, number | undefined][],
): Family {
  const lines = plugins.flatMap((day) =>
    seriesOf(day).map(([labels, value]) => line(name, { plugin: day.plugin, ...labels }, value ?? 0)),
  );
  return { name, help, type: 'counter', lines };
}

/** The counts whose names begin so, with labels made of what follows. */
function named({ metrics }: PluginDay, prefix: string, labelsOf: (rest: string[]) => Labels): [Labels, number][] {
  return Object.entries(metrics)
    .filter(([metric]) => metric.startsWith(prefix))
    .map(([metric, value]) => [labelsOf(metric.slice(prefix.length).split('/')), value]);
}

function activity(plugins: readonly PluginDay[]): Family {
  const name = 'plugin_active';
  const lines = plugins.map(({ plugin, status }) => line(name, { plugin }, status === 'enabled' ? 1 : 0));
  return { name, help: 'Whether the plugin is enabled', type: 'gauge', lines };
}

function handling(plugins: readonly PluginDay[]): Family {
  const name = 'plugin_event_processing_duration_seconds';
  const lines = plugins.flatMap(({ plugin, metrics }) => {
    let count = 0;
    const buckets = [...handlingBucketsS.map(String), '+Inf'].map((le) => {
      count += metrics[`handled/le/${le}`] ?? 0;
      return line(`${name}_bucket`, { plugin, le }, count);
    });
    if (count === 0) return [];
    const sum = line(`${name}_sum`, { plugin }, (metrics['handled/sum_ms'] ?? 0) / 1000);
    return [...buckets, sum, line(`${name}_count`, { plugin }, count)];
  });
  return { name, help: 'How long attempts at handling an event took, by plugin', type: 'histogram', lines };
}

function jobDurations(plugins: readonly PluginDay[]): Family {
  const name = 'job_duration_seconds';
  const lines = plugins.flatMap(({ plugin, metrics }) => {
    const count = metrics['jobs/count'] ?? 0;
    if (count === 0) return [];
    const sumS = (metrics['jobs/sum_ms'] ?? 0) / 1000;
    return [line(`${name}_sum`, { plugin }, sumS), line(`${name}_count`, { plugin }, count)];
  });
  return { name, help: 'How long attempts at jobs took, by plugin', type: 'summary', lines };
}
