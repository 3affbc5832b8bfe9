import { Button } from '@mantine/core';
import { type ReactNode } from 'react';
import { useTenant } from '../api/tenant';
import { When } from '../parts/when';
import { useLeaveSupport } from './leave-support';
import { supportIn } from './support-entry';
import classes from './support-banner.module.css';

/** Says that the reader is in somebody's tenant for support, and leads out again. */
export function SupportBanner(): ReactNode {
  const { slug, name } = useTenant();
  const leave = useLeaveSupport();
  const entry = supportIn(slug);
  if (!entry) return null;
  return (
    <div className={classes.banner} role="status">
      <span>
        You are in <strong>{name}</strong> as support{entry.role === 'viewer' ? ', to look only' : ''}, until{' '}
        <When at={entry.expiresAt} as="minute" />. Its people can read why.
      </span>
      <Button size="compact-xs" variant="default" onClick={() => void leave()}>
        Leave
      </Button>
    </div>
  );
}
