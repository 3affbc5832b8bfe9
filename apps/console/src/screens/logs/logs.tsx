import { Select } from '@mantine/core';
import ScrollText from 'lucide-react/icons/scroll-text';
import type { ReactNode } from 'react';
import { useAnnex } from '../../api/queries';
import { Empty } from '../../parts/empty';
import { useFilters } from '../../parts/filters';
import { Page } from '../../parts/page';
import { LogScreen } from './log-screen';

/** What plugins write: one at a time. */
export function Logs(): ReactNode {
  const { filters, set } = useFilters();
  const { data: plugins } = useAnnex('listPlugins', { query: { limit: 200 } });
  const slugs = (plugins?.items ?? []).map(({ slug }) => slug);
  const slug = filters['plugin'] ?? slugs[0];
  return (
    <Page
      title="Logs"
      lead="Lines that plugins write, as they write them. Values of secrets are masked."
      actions={
        <Select
          size="xs"
          aria-label="Plugin"
          data={slugs}
          value={slug ?? null}
          onChange={(value) => set({ plugin: value ?? undefined })}
          searchable={slugs.length > 8}
        />
      }
    >
      {slug === undefined ? (
        <Empty icon={<ScrollText size={22} />} title="No plugin writes anything yet" />
      ) : (
        <LogScreen key={slug} slug={slug} />
      )}
    </Page>
  );
}
