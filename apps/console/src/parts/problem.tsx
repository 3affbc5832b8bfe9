import { AnnexProblem } from '@annex/client';
import { Button, Code } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import CircleAlert from 'lucide-react/icons/circle-alert';
import type { ReactNode } from 'react';
import { Id } from './copy';
import classes from './problem.module.css';

/** What went wrong, the way out, and what the operator asks for: the code and the request's id. */
export function Problem({ error, onRetry }: { error: unknown; onRetry?: () => void }): ReactNode {
  const { title, detail, code, requestId, faults } = told(error);
  return (
    <div className={classes.problem} role="alert">
      <CircleAlert size={18} className={classes.icon} aria-hidden />
      <div className={classes.words}>
        <strong>{title}</strong>
        {faults.length === 0 && <span>{detail}</span>}
        {faults.length > 0 && (
          <ul className={classes.faults}>
            {faults.map((fault) => (
              <li key={`${fault.pointer} ${fault.detail}`}>
                <Code>{fault.pointer || '/'}</Code> {fault.detail}
              </li>
            ))}
          </ul>
        )}
        <span className={classes.marks}>
          <code>{code}</code>
          {requestId !== null && (
            <>
              request <Id what="request id">{requestId}</Id>
            </>
          )}
        </span>
      </div>
      {onRetry && (
        <Button variant="default" size="xs" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

interface Told {
  title: string;
  detail: string;
  code: string;
  requestId: string | null;
  faults: AnnexProblem['errors'];
}

function told(error: unknown): Told {
  if (error instanceof AnnexProblem)
    return {
      title: error.title || 'It was refused',
      detail: error.detail,
      code: error.code,
      requestId: error.requestId,
      faults: error.errors,
    };
  const isCut = error instanceof TypeError;
  return {
    title: isCut ? 'Annex cannot be reached' : 'The console made a mistake',
    detail: isCut
      ? 'The connection failed. It is tried again by itself; check that Annex runs.'
      : error instanceof Error
        ? error.message
        : String(error),
    code: isCut ? 'UNREACHABLE' : 'CONSOLE',
    requestId: null,
    faults: [],
  };
}

/** Says what went wrong where nothing of the screen belongs to it. */
export function notifyProblem(error: unknown): void {
  const { title, detail, code, requestId, faults } = told(error);
  notifications.show({
    color: 'red',
    title,
    autoClose: 12_000,
    closeButtonProps: { 'aria-label': 'Close the message' },
    message: (
      <>
        {faults.length > 0 ? faults.map((fault) => `${fault.pointer} ${fault.detail}`).join('; ') : detail}
        <br />
        <small>
          {code}
          {requestId !== null && ` · request ${requestId}`}
        </small>
      </>
    ),
  });
}

/** Says that something was done. */
export function notifyDone(message: string): void {
  notifications.show({
    color: 'teal',
    message,
    autoClose: 4000,
    closeButtonProps: { 'aria-label': 'Close the message' },
  });
}
