import { Loader } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import type { ListResult } from '../api/queries';
import { Waiting } from './page';
import { Problem } from './problem';
import classes from './rows.module.css';

/** A column of a list. */
export interface Column<T> {
  label: string;
  /** Its part of the width, as CSS grid takes it: `1fr`, `120px`. */
  width: string;
  show: (item: T) => ReactNode;
  /** Whether it is left out on narrow screens. Default: `false`. */
  wide?: boolean;
  align?: 'end';
  /** Its width on narrow screens. Default: the same. Below 2 rem a state is its dot alone. */
  narrow?: string;
}

export interface RowsProps<T> {
  /** Names the list for people who hear it. */
  label: string;
  list: Pick<ListResult<T>, 'items' | 'isLoading' | 'error'> & Partial<ListResult<T>>;
  columns: readonly Column<T>[];
  idOf: (item: T) => string;
  /** Where a row leads, from the root of the console. Default: nowhere. */
  linkTo?: (item: T) => string;
  /** What stands there instead of an empty list. */
  empty: ReactNode;
}

const rowHeight = 45;

/**
 * A list that shows only the rows on the screen, so that ten thousand are as quick as ten. Arrow keys go from row to
 * row, Enter opens one; further pages come as the reader gets near the end.
 */
export function Rows<T>({ label, list, columns, idOf, linkTo, empty }: RowsProps<T>): ReactNode {
  const { items, isLoading, error, hasMore = false, isLoadingMore = false, loadMore } = list;
  const body = useRef<HTMLDivElement>(null);
  const [offset, setOffset] = useState(0);
  const isEmpty = items.length === 0;
  useLayoutEffect(() => setOffset(isEmpty ? 0 : pageTop(body.current)), [isEmpty]);
  const virtual = useWindowVirtualizer({
    count: items.length,
    estimateSize: () => rowHeight,
    overscan: 12,
    scrollMargin: offset,
    getItemKey: (index) => {
      const item = items[index];
      return item === undefined ? index : idOf(item);
    },
  });
  const shown = virtual.getVirtualItems();
  const lastShown = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && !isLoadingMore && lastShown >= items.length - 15) loadMore?.();
  }, [hasMore, isLoadingMore, lastShown, items.length, loadMore]);

  if (isLoading) return <Waiting />;
  if (error && items.length === 0)
    return (
      <div className={classes.fault}>
        <Problem error={error} {...(list.reload && { onRetry: list.reload })} />
      </div>
    );
  if (items.length === 0) return empty;
  const wide = columns.map(({ width }) => width).join(' ');
  const narrow = columns
    .filter((column) => !column.wide)
    .map(({ width, narrow: slim }) => slim ?? width)
    .join(' ');
  return (
    <div
      className={classes.table}
      role="table"
      aria-label={label}
      aria-rowcount={hasMore ? -1 : items.length + 1}
      style={{ '--wide': wide, '--narrow': narrow } as React.CSSProperties}
    >
      <div role="rowgroup" className={classes.head}>
        <div role="row" className={classes.row}>
          {columns.map((column) => (
            <div
              key={column.label}
              role="columnheader"
              className={classes.cell}
              data-wide={column.wide}
              data-align={column.align}
              data-slim={isSlim(column)}
            >
              <span>{column.label}</span>
            </div>
          ))}
        </div>
      </div>
      <div
        role="rowgroup"
        ref={body}
        className={classes.rows}
        style={{ height: virtual.getTotalSize() }}
        onKeyDown={moveFocus}
      >
        {shown.map(({ index, key, start, size }) => {
          const item = items[index];
          if (item === undefined) return null;
          const to = linkTo?.(item);
          return (
            <div
              key={key}
              role="row"
              aria-rowindex={index + 2}
              className={classes.row}
              data-opens={to !== undefined}
              style={{ transform: `translateY(${start - virtual.options.scrollMargin}px)`, height: size }}
            >
              {columns.map((column, place) => (
                <div
                  key={column.label}
                  role="cell"
                  className={classes.cell}
                  data-wide={column.wide}
                  data-align={column.align}
                  data-slim={isSlim(column)}
                >
                  {place === 0 && to !== undefined ? (
                    <Link to={to} className={classes.link} data-row-link>
                      {column.show(item)}
                    </Link>
                  ) : (
                    column.show(item)
                  )}
                </div>
              ))}
            </div>
          );
        })}
      </div>
      {isLoadingMore && (
        <div className={classes.more}>
          <Loader size="xs" aria-label="Loading more" />
        </div>
      )}
    </div>
  );
}

/** A column that has room for a dot only. */
function isSlim({ narrow }: { narrow?: string }): boolean | undefined {
  return narrow === '1rem' || undefined;
}

function pageTop(element: HTMLElement | null): number {
  return element ? element.getBoundingClientRect().top + window.scrollY : 0;
}

function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
  if (step === undefined || event.metaKey || event.ctrlKey || event.altKey) return;
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-row-link]')];
  const at = links.indexOf(document.activeElement as HTMLElement);
  const next = links[at + step];
  if (at < 0 || next === undefined) return;
  event.preventDefault();
  next.focus();
  next.scrollIntoView({ block: 'nearest' });
}
