import type { ReactNode } from 'react';
import { useAnnexList } from '../../api/queries';
import { Page } from '../../parts/page';
import { Told } from '../notices/told';

/** What operators were told of all tenants. */
export function OperatorNotices(): ReactNode {
  const list = useAnnexList('listOperatorNotices', { query: { limit: 100 } }, { every: 10_000 });
  return (
    <Page
      title="Notices to operators"
      lead="Of all tenants. The settings that begin with ANNEX_NOTICES_ say where they go."
    >
      <Told list={list} isOfAll />
    </Page>
  );
}
