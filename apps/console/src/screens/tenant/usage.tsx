import type { Usage, UsageLine } from '@annex/client';
import { Progress } from '@mantine/core';
import Gauge from 'lucide-react/icons/gauge';
import type { ReactNode } from 'react';
import { useAnnex } from '../../api/queries';
import { Empty } from '../../parts/empty';
import { bytesText, countText, words } from '../../parts/numbers';
import { Loaded, Page, Section } from '../../parts/page';
import { lengthOf } from '../../parts/when';
import classes from './usage.module.css';

/** What the tenant keeps and uses, against what it may. */
export function UsageScreen(): ReactNode {
  const result = useAnnex('getUsage', { query: {} });
  return (
    <Page title="Usage" lead="What the tenant keeps now, and what its plugins used of late.">
      <Loaded result={result}>
        {(usage) => (
          <>
            <QuotasInUse of={usage.quotas} />
            <Plugins of={usage.items} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

/** What a tenant keeps of each kind, against what it may. */
export function QuotasInUse({ of }: { of: Usage['quotas'] }): ReactNode {
  return (
    <Section title="Quotas">
      <div className={classes.quotas}>
        {Object.entries(of).map(([name, { used, max, unit }]) => {
          const text = unit === 'bytes' ? bytesText : countText;
          const part = max === null || max === 0 ? 0 : (used / max) * 100;
          const label = words(name.replace(/_bytes$/, ' size'));
          return (
            <div key={name}>
              <span>{label}</span>
              <span className="quiet">
                {text(used)}
                {max === null ? ', without limit' : ` of ${text(max)}`}
              </span>
              {max !== null && (
                <Progress
                  value={Math.min(100, Math.round(part * 100) / 100)}
                  size={5}
                  color={part >= 95 ? 'red' : part >= 80 ? 'yellow' : 'annex'}
                  aria-label={`${label}: ${Math.round(part)} %`}
                />
              )}
            </div>
          );
        })}
      </div>
    </Section>
  );
}

function Plugins({ of }: { of: readonly UsageLine[] }): ReactNode {
  const names = [...new Set(of.flatMap(({ metrics }) => Object.keys(metrics)))].toSorted();
  const totals = new Map<string, Record<string, number>>();
  for (const { plugin, metrics } of of) {
    const key = plugin ?? 'removed plugins';
    const sum = totals.get(key) ?? {};
    for (const [name, value] of Object.entries(metrics)) sum[name] = (sum[name] ?? 0) + value;
    totals.set(key, sum);
  }
  if (totals.size === 0)
    return (
      <Section title="Plugins">
        <Empty icon={<Gauge size={22} />} title="No plugin has used anything yet" />
      </Section>
    );
  return (
    <Section title="Plugins, in all days that are kept" flush>
      <div className={classes.scroll} tabIndex={0} role="region" aria-label="Usage of plugins">
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">Plugin</th>
              {names.map((name) => (
                <th key={name} scope="col">
                  {words(name.replace(/_(ms|bytes)$/, ''))}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {[...totals].map(([plugin, metrics]) => (
              <tr key={plugin}>
                <th scope="row">{plugin}</th>
                {names.map((name) => (
                  <td key={name}>{amountText(name, metrics[name] ?? 0)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

function amountText(name: string, amount: number): string {
  if (name.endsWith('_ms')) return lengthOf(amount);
  return name.endsWith('bytes') ? bytesText(amount) : countText(Math.round(amount));
}
