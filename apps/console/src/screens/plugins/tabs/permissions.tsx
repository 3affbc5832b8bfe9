import { Button, Checkbox } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { PermissionsReport } from '@annex/client';
import { useAnnex, useCall } from '../../../api/queries';
import { useTenant } from '../../../api/tenant';
import { Loaded, Section } from '../../../parts/page';
import { notifyDone, Problem } from '../../../parts/problem';
import { Tag } from '../../../parts/status';
import { When } from '../../../parts/when';
import classes from '../install.module.css';
import type { TabProps } from '../plugin';

/** What a plugin asks for, what it was granted, and when it last used it. */
export default function PermissionsTab({ plugin }: TabProps): ReactNode {
  const result = useAnnex('getPluginPermissions', { path: { id: plugin.slug } });
  return (
    <Loaded result={result}>
      {(report) => <Grants key={report.granted.join()} slug={plugin.slug} report={report} />}
    </Loaded>
  );
}

function Grants({ slug, report }: { slug: string; report: PermissionsReport }): ReactNode {
  const { can } = useTenant();
  const [granted, setGranted] = useState<string[]>(report.granted);
  const change = useCall('setPluginPermissions');
  const isChanged = granted.toSorted().join() !== report.granted.toSorted().join() || report.pending.length > 0;
  if (report.details.length === 0)
    return <Section title="It asks for no permission">It reaches its own store, settings and logs alone.</Section>;
  return (
    <Section
      title="Permissions"
      lead="A call without its permission fails with PERMISSION_DENIED; nothing else happens."
    >
      {report.details.map((permission) => (
        <label key={permission.name} className={classes.permission}>
          <Checkbox
            checked={granted.includes(permission.name)}
            disabled={!can('setPluginPermissions')}
            aria-label={`Grant ${permission.name}`}
            onChange={(event) => {
              const isOn = event.currentTarget.checked;
              setGranted((names) =>
                isOn ? [...names, permission.name] : names.filter((name) => name !== permission.name),
              );
            }}
          />
          <div>
            <strong>{permission.title}</strong> <Tag>{permission.name}</Tag>{' '}
            <Tag tone={permission.risk === 'high' ? 'warn' : 'quiet'}>{permission.risk} risk</Tag>{' '}
            {permission.pending && <Tag tone="warn">asked for, not granted</Tag>}
            <p>{permission.detail}</p>
            <p className="quiet">{permission.reason ?? 'The author gives no reason.'}</p>
            <div className={classes.scope}>
              {[...(permission.requested?.hosts ?? []), ...(permission.requested?.tables ?? [])].map((name) => (
                <Tag key={name}>{name}</Tag>
              ))}
              {permission.used.slice(0, 4).map(({ call, file, line }) => (
                <Tag key={`${call} ${file} ${line}`}>
                  {call} in {file}:{line}
                </Tag>
              ))}
            </div>
            <p className="quiet">
              Last used: <When at={permission.last_used_at} none="never" />
            </p>
          </div>
        </label>
      ))}
      {can('setPluginPermissions') && (
        <div className="stack" style={{ marginTop: '1rem' }}>
          {change.error && <Problem error={change.error} />}
          <Button
            w="fit-content"
            disabled={!isChanged}
            loading={change.isPending}
            onClick={() =>
              change.mutate(
                { path: { id: slug }, body: { granted } },
                { onSuccess: () => notifyDone('The grants are as you chose') },
              )
            }
          >
            Save the grants
          </Button>
        </div>
      )}
    </Section>
  );
}
