import type { Plugin } from '@annex/client';
import TriangleAlert from 'lucide-react/icons/triangle-alert';
import type { ReactNode } from 'react';
import { plural } from '../../parts/numbers';
import { Go } from '../../shell/go';
import classes from './plugin.module.css';

/** What keeps a plugin from working, each with the way out. */
export function Attention({ plugin }: { plugin: Plugin }): ReactNode {
  const { slug, missing_secrets: missing, permissions, degraded, status, status_reason: reason, upgrade } = plugin;
  const isStopped = status === 'suspended' || status === 'failed';
  return (
    <>
      {isStopped && (
        <Note tone="bad">
          It is {status}: {reason ?? 'it was stopped too often'}. Look at <Go to={`plugins/${slug}/logs`}>its log</Go>,
          then enable it again or <Go to={`plugins/${slug}/releases`}>go back to an earlier release</Go>.
        </Note>
      )}
      {upgrade && (
        <Note tone="warn">
          {upgrade.version} takes over when its onInit has succeeded; {plugin.version} serves until then.{' '}
          {upgrade.missing_secrets.length > 0 ? (
            <>
              It waits for <Go to={`plugins/${slug}/secrets`}>{upgrade.missing_secrets.join(', ')}</Go>.
            </>
          ) : (
            `Called ${plural(upgrade.tries, 'time')} so far.`
          )}{' '}
          {upgrade.last_error?.message}
        </Note>
      )}
      {missing.length > 0 && (
        <Note tone="warn">
          {missing.join(', ')} {missing.length === 1 ? 'is' : 'are'} missing.{' '}
          <Go to={`plugins/${slug}/secrets`}>Set {missing.length === 1 ? 'the secret' : 'the secrets'}</Go>
          {status !== 'enabled' && ', and it can be enabled'}.
        </Note>
      )}
      {permissions.pending.length > 0 && (
        <Note tone="warn">
          It asks for {plural(permissions.pending.length, 'permission')} that nobody granted:{' '}
          {permissions.pending.join(', ')}. <Go to={`plugins/${slug}/permissions`}>Look at them</Go>.
        </Note>
      )}
      {degraded && (
        <Note tone="warn">
          {plural(degraded.failed_attempts, 'attempt')} failed of late.{' '}
          <Go to={`runs/${degraded.last_run_id}`}>See the last one</Go>, or{' '}
          <Go to="runs" search={{ plugin: slug, status: 'failed' }}>
            all that failed
          </Go>
          .
        </Note>
      )}
    </>
  );
}

function Note({ tone, children }: { tone: 'warn' | 'bad'; children: ReactNode }): ReactNode {
  return (
    <div className={classes.note} data-tone={tone} role="status">
      <TriangleAlert size={17} aria-hidden />
      <div>{children}</div>
    </div>
  );
}
