import { Loader } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { Problem } from './problem';
import classes from './page.module.css';

/** The frame of a screen: where one is, what it is, what can be done. */
export function Page({
  title,
  mark,
  lead,
  trail,
  actions,
  children,
}: {
  title: string;
  /** Beside the title, such as a state. */
  mark?: ReactNode;
  /** A sentence below it. */
  lead?: ReactNode;
  /** Links to what is above. */
  trail?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}): ReactNode {
  useDocumentTitle(`${title} · Annex`);
  return (
    <div className={classes.page}>
      <header className={classes.head}>
        <div className={classes.words}>
          {trail && <nav aria-label="Above this">{trail}</nav>}
          <div className={classes.title}>
            <h1>{title}</h1>
            {mark}
          </div>
          {lead && <p className={classes.lead}>{lead}</p>}
        </div>
        {actions && <div className={classes.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** A part of a screen on a surface of its own. `flush`: its content goes to the edges. */
export function Section({
  title,
  lead,
  actions,
  flush = false,
  children,
}: {
  title?: string;
  lead?: ReactNode;
  actions?: ReactNode;
  flush?: boolean;
  children: ReactNode;
}): ReactNode {
  return (
    <section className={classes.section} {...(title && { 'aria-label': title })}>
      {(title ?? actions) && (
        <div className={classes.sectionHead}>
          <div>
            {title && <h2>{title}</h2>}
            {lead && <p className={classes.lead}>{lead}</p>}
          </div>
          {actions && <div className={classes.actions}>{actions}</div>}
        </div>
      )}
      <div className={flush ? classes.flush : classes.body}>{children}</div>
    </section>
  );
}

/** What was asked for, or that it is on its way, or why it does not come. */
export function Loaded<T>({
  result,
  children,
}: {
  result: { data: T | undefined; error: Error | null; refetch: () => unknown };
  children: (data: T) => ReactNode;
}): ReactNode {
  if (result.data !== undefined) return children(result.data);
  if (result.error) return <Problem error={result.error} onRetry={() => void result.refetch()} />;
  return <Waiting />;
}

export function Waiting(): ReactNode {
  return (
    <div className={classes.waiting}>
      <Loader size="sm" role="status" aria-label="Loading" />
    </div>
  );
}

/** Names and values, one below the other. */
export function Facts({
  of,
}: {
  of: readonly (readonly [name: string, value: ReactNode] | false | undefined)[];
}): ReactNode {
  return (
    <dl className={classes.facts}>
      {of.map(
        (fact) =>
          fact && (
            <div key={fact[0]}>
              <dt>{fact[0]}</dt>
              <dd>{fact[1]}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

/** Sections side by side where there is room. */
export function Columns({ children }: { children: ReactNode }): ReactNode {
  return <div className={classes.columns}>{children}</div>;
}
