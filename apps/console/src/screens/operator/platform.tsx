import type { PlatformAuditEntry } from '@annex/client';
import type { ReactNode } from 'react';
import { useAnnex, useAnnexList } from '../../api/queries';
import { Empty } from '../../parts/empty';
import { words } from '../../parts/numbers';
import { Columns, Facts, Loaded, Page, Section } from '../../parts/page';
import { Rows, type Column } from '../../parts/rows';
import { Status, Tag } from '../../parts/status';
import { When } from '../../parts/when';

const columns: readonly Column<PlatformAuditEntry>[] = [
  { label: 'Action', width: 'minmax(0, 1fr)', show: ({ action }) => <code>{action}</code> },
  { label: 'Who', width: 'minmax(0, 1.2fr)', show: ({ email, actor }) => email ?? actor },
  {
    label: 'On what',
    width: 'minmax(0, 1fr)',
    wide: true,
    show: ({ target }) => <span className="quiet">{target}</span>,
  },
  { label: 'When', width: '105px', narrow: '84px', align: 'end', show: ({ at }) => <When at={at} /> },
];

/** How the platform itself does: what it stands on, how far plugins are confined, what operators did. */
export function Platform(): ReactNode {
  const ready = useAnnex('getReadiness', {}, { every: 10_000 });
  const audit = useAnnexList('listPlatformAudit', { query: { limit: 100 } });
  return (
    <Page title="Platform">
      <Columns>
        <div>
          <Section title="What operators did" flush>
            <Rows
              label="Audit of the platform"
              list={audit}
              columns={columns}
              idOf={({ id }) => id}
              empty={<Empty title="Nothing yet" />}
            />
          </Section>
        </div>
        <div>
          <Loaded result={ready}>
            {({ status, checks, warnings, sandbox }) => (
              <>
                <Section title="Health">
                  <Facts
                    of={[
                      ['Annex', <Status key="status" of={status} />],
                      ...Object.entries(checks).map(
                        ([name, said]) =>
                          [words(name), <Status key={name} of={said} tone={said === 'ok' ? 'good' : 'bad'} />] as const,
                      ),
                      ...Object.entries(warnings ?? {}).map(([name, said]) => [words(name), said] as const),
                    ]}
                  />
                </Section>
                {sandbox && (
                  <Section title="Confinement of plugins">
                    <Facts
                      of={[
                        ['Tier', <Tag key="tier">{sandbox.tier}</Tag>],
                        ...Object.entries(sandbox.layers).map(
                          ([name, isOn]) =>
                            [
                              words(name.replace(/([A-Z])/g, ' $1').toLowerCase()),
                              <Status key={name} of={isOn ? 'on' : 'off'} tone={isOn ? 'good' : 'warn'} />,
                            ] as const,
                        ),
                      ]}
                    />
                  </Section>
                )}
              </>
            )}
          </Loaded>
        </div>
      </Columns>
    </Page>
  );
}
