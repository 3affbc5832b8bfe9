import { describe, expect, it } from 'vitest';
import { maxSeries, tenantMetricsText } from './tenant-metrics.js';

const linesOf = (text: string, name: string): string[] => text.split('\n').filter((line) => line.startsWith(name));

describe("a tenant's metrics", () => {
  it('are what its plugins did, with the labels that Prometheus is asked by', () => {
    const metrics = {
      runs: 5,
      'event/order.*': 3,
      'error/PLUGIN_ERROR': 2,
      'handled/le/0.01': 2,
      'handled/le/+Inf': 1,
      'handled/sum_ms': 40_000,
      'job/failed/nightly': 1,
      'jobs/count': 1,
      'jobs/sum_ms': 500,
      'webhook/succeeded/out': 4,
      'source/succeeded/erp': 6,
    };
    const text = tenantMetricsText([
      { plugin: 'a', status: 'enabled', metrics },
      { plugin: 'b', status: 'disabled', metrics: {} },
    ]);
    expect(linesOf(text, 'plugin_active{')).toEqual(['plugin_active{plugin="a"} 1', 'plugin_active{plugin="b"} 0']);
    expect(text).toContain(
      '# TYPE plugin_events_total counter\nplugin_events_total{plugin="a",event_type="order.*"} 3\n',
    );
    expect(text).toContain('plugin_errors_total{plugin="a",error_type="PLUGIN_ERROR"} 2\n');
    expect(text).toContain('job_runs_total{plugin="a",job="nightly",status="failed"} 1\n');
    expect(text).toContain('job_duration_seconds_sum{plugin="a"} 0.5\n');
    expect(text).toContain('source_runs_total{plugin="a",source="erp",status="succeeded"} 6\n');
    expect(text).toContain('webhook_deliveries_total{plugin="a",webhook="out",status="succeeded"} 4\n');
    const duration = 'plugin_event_processing_duration_seconds';
    const buckets = linesOf(text, `${duration}_bucket`).map((line) => line.split(' ')[1]);
    expect(buckets).toEqual(['0', '2', '2', '2', '2', '2', '2', '2', '3']);
    expect(linesOf(text, `${duration}_sum`)).toEqual([`${duration}_sum{plugin="a"} 40`]);
    expect(text.endsWith('annex_series_left_out 0\n')).toBe(true);
  });

  it('are bounded, and no label ends early', () => {
    const many = Object.fromEntries(Array.from({ length: maxSeries + 5 }, (_, n) => [`event/e${n}`, 1]));
    const text = tenantMetricsText([{ plugin: 'a', status: 'enabled', metrics: { ...many, 'error/x"y\\z\n': 1 } }]);
    expect(linesOf(text, 'plugin_events_total{')).toHaveLength(maxSeries);
    expect(text).toContain('annex_series_left_out 5\n');
    expect(text).toContain('plugin_errors_total{plugin="a",error_type="x\\"y\\\\z\\n"} 1\n');
  });
});
