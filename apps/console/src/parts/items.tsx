import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import type { ListResult } from '../api/queries';
import classes from './items.module.css';
import { Waiting } from './page';
import { Problem } from './problem';

/** A list whose items are more than a row: what each is, and what can be done with it. */
export function Items<T>({
  list,
  none,
  children,
}: {
  list: ListResult<T>;
  /** What stands there instead of an empty list. */
  none?: ReactNode;
  /** One item, with a key. */
  children: (item: T) => ReactNode;
}): ReactNode {
  const { items, isLoading, isLoadingMore, error, hasMore, loadMore, reload } = list;
  if (isLoading) return <Waiting />;
  if (error && items.length === 0) return <Problem error={error} onRetry={reload} />;
  if (items.length === 0) return none;
  return (
    <>
      {items.map(children)}
      {hasMore && (
        <div className={classes.item}>
          <Button variant="default" size="xs" loading={isLoadingMore} onClick={loadMore}>
            Show more
          </Button>
        </div>
      )}
    </>
  );
}
