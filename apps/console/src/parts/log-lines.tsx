import type { LogLine } from '@annex/client';
import { useEffect, useRef, type ReactNode } from 'react';
import classes from './log-lines.module.css';
import { When } from './when';

/** Lines of a log, the latest at the end. `isLive`: further ones come, and the end stays in view. */
export function LogLines({ lines, isLive = false }: { lines: readonly LogLine[]; isLive?: boolean }): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  useEffect(() => {
    const element = place.current;
    if (isLive && element && follows.current) element.scrollTop = element.scrollHeight;
  }, [lines.length, isLive]);
  if (lines.length === 0) return null;
  return (
    <div
      className={classes.lines}
      ref={place}
      role="log"
      aria-label="Log"
      tabIndex={0}
      onScroll={({ currentTarget: at }) => {
        follows.current = at.scrollHeight - at.scrollTop - at.clientHeight < 40;
      }}
    >
      {lines.map((line) => (
        <div key={line.id} className={classes.line} data-level={line.level}>
          <span className={classes.time}>
            <When at={line.time} as="clock" />
          </span>
          <span className={classes.level}>{line.level}</span>
          <span className={classes.message}>
            {line.message}
            {hasFields(line.fields) && <span className={classes.fields}> {JSON.stringify(line.fields)}</span>}
          </span>
        </div>
      ))}
    </div>
  );
}

function hasFields(fields: unknown): boolean {
  return fields !== null && fields !== undefined && (typeof fields !== 'object' || Object.keys(fields).length > 0);
}
