import type { ReactNode } from 'react';
import { Empty } from './empty';
import { Page, Section } from './page';
import { Rows, type RowsProps } from './rows';

export interface ListPageProps<T> extends Omit<RowsProps<T>, 'label' | 'empty'> {
  title: string;
  lead: string;
  /** Makes a further item: in the head, and inside the empty list. Default: nothing does. */
  add?: ReactNode;
  /** Narrows the list. Default: nothing does. */
  filters?: ReactNode;
  /** Stands above the list. Default: nothing. */
  above?: ReactNode;
  /** What an empty list teaches. */
  none: { icon: ReactNode; title: string; text?: ReactNode };
  /** What opens over the screen. Default: nothing. */
  children?: ReactNode;
}

/** A screen that is one list: what it is, what makes more of it, and what teaches where nothing is. */
export function ListPage<T>(props: ListPageProps<T>): ReactNode {
  const { title, lead, add, filters, above, none, children, ...rows } = props;
  return (
    <Page title={title} lead={lead} actions={rows.list.items.length > 0 && add}>
      {filters}
      {above}
      <Section flush>
        <Rows
          {...rows}
          label={title}
          empty={
            <Empty icon={none.icon} title={none.title} action={add}>
              {none.text}
            </Empty>
          }
        />
      </Section>
      {children}
    </Page>
  );
}
