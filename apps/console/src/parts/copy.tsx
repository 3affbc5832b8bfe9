import { ActionIcon, CopyButton, Tooltip } from '@mantine/core';
import Check from 'lucide-react/icons/check';
import Copy from 'lucide-react/icons/copy';
import type { ReactNode } from 'react';
import classes from './copy.module.css';

/** A button that copies a text. `what`: its name, for people who do not see the icon. */
export function CopyIcon({ text, what }: { text: string; what: string }): ReactNode {
  return (
    <CopyButton value={text} timeout={1500}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? 'Copied' : `Copy ${what}`}>
          <ActionIcon variant="subtle" color="gray" size="sm" onClick={copy} aria-label={`Copy ${what}`}>
            {copied ? <Check size={14} /> : <Copy size={14} />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}

/** An id or another text to be copied, in fixed width. */
export function Id({ children, what = 'id' }: { children: string; what?: string }): ReactNode {
  return (
    <span className={classes.id}>
      <code>{children}</code>
      <CopyIcon text={children} what={what} />
    </span>
  );
}
