import type { SpendLine } from '@annex/client';
import { Button } from '@mantine/core';
import Download from 'lucide-react/icons/download';
import Receipt from 'lucide-react/icons/receipt';
import type { ReactNode } from 'react';
import { callOf, useAnnex, useAnnexList } from '../../api/queries';
import { useTenant } from '../../api/tenant';
import { CopyAs } from '../../parts/act';
import { Empty } from '../../parts/empty';
import { Choice, FilterBar, useFilters } from '../../parts/filters';
import { bytesText, countText, shortCount } from '../../parts/numbers';
import { Page, Section } from '../../parts/page';
import { notifyProblem } from '../../parts/problem';
import { Rows, type Column } from '../../parts/rows';
import { saveAs } from '../../parts/save-as';
import { lengthOf } from '../../parts/when';
import { latestMonths, periodOf } from './months';

interface Calls {
  list: 'getSpend' | 'listSpend';
  csv: 'exportSpend' | 'exportAllSpend';
}

const figures: readonly Column<SpendLine>[] = [
  { label: 'Runs', width: '85px', narrow: '70px', align: 'end', show: ({ runs }) => shortCount(runs) },
  { label: 'Failed', width: '75px', wide: true, align: 'end', show: ({ failed_runs: runs }) => shortCount(runs) },
  { label: 'CPU', width: '95px', narrow: '80px', align: 'end', show: ({ cpu_ms: ms }) => lengthOf(ms) },
  { label: 'Time', width: '95px', wide: true, align: 'end', show: ({ wall_ms: ms }) => lengthOf(ms) },
  { label: 'Requests', width: '85px', wide: true, align: 'end', show: ({ http_calls: calls }) => shortCount(calls) },
  { label: 'Traffic', width: '90px', wide: true, align: 'end', show: ({ egress_bytes: n }) => bytesText(n) },
  { label: 'Mails', width: '70px', wide: true, align: 'end', show: ({ mails }) => countText(mails) },
  { label: 'Tokens', width: '80px', wide: true, align: 'end', show: ({ llm_tokens: tokens }) => shortCount(tokens) },
  {
    label: 'Kept × days',
    width: '105px',
    wide: true,
    align: 'end',
    show: ({ storage_byte_days: n }) => bytesText(n),
  },
];

const plugin: Column<SpendLine> = {
  label: 'Plugin',
  width: 'minmax(0, 1fr)',
  show: (line) => line.plugin ?? <span className="quiet">the tenant as a whole</span>,
};
const ofTenant = [plugin, ...figures];
const ofAll = [
  { label: 'Tenant', width: 'minmax(0, 1fr)', show: (line: SpendLine) => line.tenant },
  { ...plugin, wide: true },
  ...figures,
];

/** What the tenant used in closed days. */
export function Spend(): ReactNode {
  return <SpendPage calls={{ list: 'getSpend', csv: 'exportSpend' }} columns={ofTenant} />;
}

/** What all tenants used in closed days. */
export function OperatorSpend(): ReactNode {
  return <SpendPage calls={{ list: 'listSpend', csv: 'exportAllSpend' }} columns={ofAll} />;
}

function SpendPage({ calls, columns }: { calls: Calls; columns: readonly Column<SpendLine>[] }): ReactNode {
  const { annex } = useTenant();
  const { filters } = useFilters();
  const months = latestMonths(new Date());
  const period = periodOf(filters['month'] ?? months[0]?.value ?? '');
  const list = useAnnexList(calls.list, { query: period });
  const { data: report } = useAnnex(calls.list, { query: { ...period, limit: 1 } } as never);
  const all = calls.csv === 'exportAllSpend' ? ' --every-tenant' : '';
  const download = (): void =>
    void callOf(
      annex,
      calls.csv,
    )({ query: period })
      .then(async (answer) => saveAs(`spend-${period.since}.csv`, await answer.blob()))
      .catch(notifyProblem);
  return (
    <Page
      title="Spend"
      lead="What a bill is made from. A closed day never changes; today is not in it."
      actions={
        <>
          <Button variant="default" size="xs" leftSection={<Download size={14} />} onClick={download}>
            Download CSV
          </Button>
          <CopyAs
            call={calls.csv}
            input={{ query: period }}
            cli={`annex spend --csv --since ${period.since} --until ${period.until}${all}`}
            label="Download CSV"
          />
        </>
      }
    >
      <FilterBar>
        <Choice name="month" label={months[0]?.label ?? 'Month'} options={months} />
      </FilterBar>
      <Section
        title={`${period.since} to ${period.until}`}
        lead={
          report && (report.complete ? 'Every day is closed' : `Closed until ${report.closed_until ?? 'no day yet'}`)
        }
        flush
      >
        <Rows
          label="Spend"
          list={list}
          columns={columns}
          idOf={(line) => `${line.tenant_id} ${line.plugin ?? ''}`}
          empty={
            <Empty icon={<Receipt size={22} />} title="Nothing was used in closed days">
              A day is closed an hour after it is over, by UTC.
            </Empty>
          }
        />
      </Section>
    </Page>
  );
}
