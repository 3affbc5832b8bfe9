import type { Publishers } from '@annex/client';
import Signature from 'lucide-react/icons/signature';
import type { ReactNode } from 'react';
import { useAnnex } from '../../api/queries';
import { Empty } from '../../parts/empty';
import { Id } from '../../parts/copy';
import { Facts, Loaded, Page, Section } from '../../parts/page';
import { Rows, type Column } from '../../parts/rows';
import { Status, Tag } from '../../parts/status';

type Key = Publishers['items'][number];

const rules: Readonly<Record<Publishers['rule'], string>> = {
  any: 'Every package that a developer uploads',
  signed: 'Packages that one of these signed, or that the catalogue lists',
  catalogue: 'What the catalogue lists, and nothing else',
};

const columns: readonly Column<Key>[] = [
  { label: 'Publisher', width: 'minmax(0, 1.2fr)', show: ({ publisher }) => publisher },
  { label: 'Key', width: 'minmax(0, 1fr)', show: ({ key_id: id }) => <Id what="key">{id}</Id> },
  {
    label: 'Signs',
    width: '170px',
    wide: true,
    show: ({ signs }) => signs.map((each) => <Tag key={each}>{each}</Tag>),
  },
  {
    label: 'Slugs',
    width: 'minmax(0, 1fr)',
    wide: true,
    show: ({ slugs }) => (slugs === null ? <span className="quiet">every slug</span> : <code>{slugs.join(', ')}</code>),
  },
  {
    label: 'State',
    width: 'minmax(0, 1fr)',
    narrow: '1rem',
    show: ({ revoked }) =>
      revoked === null ? (
        <Status of="trusted" tone="good" />
      ) : (
        <Status of="revoked" tone="bad" label={`revoked: ${revoked}`} />
      ),
  },
];

/** Whose signatures count, and which packages are let in. */
export function PublishersScreen(): ReactNode {
  const result = useAnnex('listPublishers', {}, { every: 30_000 });
  return (
    <Page title="Publishers" lead="Whose signatures count. The list stands where ANNEX_PUBLISHERS says.">
      <Loaded result={result}>
        {({ rule, items, former, problem }) => (
          <>
            <Section>
              <Facts
                of={[
                  ['Let in', rules[rule]],
                  problem !== null && [
                    'Problem',
                    <span key="problem">
                      <Status of="warning" label={problem.code} /> {problem.message}
                    </span>,
                  ],
                  former.length > 0 && ['Taken out', `${former.join(', ')}: these count as revoked`],
                ]}
              />
            </Section>
            <Section flush>
              <Rows
                label="Publishers"
                list={{ items, isLoading: false, error: null }}
                columns={columns}
                idOf={({ key_id: id }) => id}
                empty={
                  <Empty icon={<Signature size={22} />} title="Nobody’s signature counts">
                    <code>annex keygen</code> writes a key and a list of publishers. Name the list in{' '}
                    <code>ANNEX_PUBLISHERS</code>, and say in <code>ANNEX_PACKAGES</code> what is let in.
                  </Empty>
                }
              />
            </Section>
          </>
        )}
      </Loaded>
    </Page>
  );
}
