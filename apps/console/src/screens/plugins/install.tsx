import type { PackageReport, Plugin } from '@annex/client';
import { Button, Checkbox, Text } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import CircleCheck from 'lucide-react/icons/circle-check';
import { useState, type ReactNode } from 'react';
import { useAnnex, useCall } from '../../api/queries';
import { CopyAs } from '../../parts/act';
import { bytesText, plural } from '../../parts/numbers';
import { Columns, Facts, Page, Section } from '../../parts/page';
import { notifyDone, Problem } from '../../parts/problem';
import { Status, Tag } from '../../parts/status';
import { Go, useAt } from '../../shell/go';
import { Drop, type Dropped } from './drop';
import { Faults } from './faults';
import classes from './install.module.css';
import { permissionWords } from './permissions-words';
import { InstallSample } from './sample';

/** A package from the reader's disk to a plugin that runs: checked, consented to, enabled. */
export function Install(): ReactNode {
  const [{ file, signature }, setDropped] = useState<Dropped>({});
  const check = useCall('validatePlugin');
  const take = (given: Dropped): void => {
    // A signature alone belongs to the package that is there; a new package has none of before.
    setDropped(given.file ? given : { ...(file && { file }), ...given });
    if (given.file) check.mutate({ body: { file: given.file } });
  };
  const report = check.data;
  return (
    <Page title="Install a plugin" trail={<Go to="plugins">Plugins</Go>} actions={<InstallSample />}>
      <Drop isBusy={check.isPending} onDrop={take} />
      {check.error && <Problem error={check.error} />}
      {report && file && <Report key={report.sha256} file={file} report={report} signature={signature} />}
    </Page>
  );
}

interface Given {
  file: File;
  report: PackageReport;
  signature: Dropped['signature'];
}

function Report({ file, report, signature }: Given): ReactNode {
  if (!report.valid || !report.plugin)
    return (
      <Section
        title={`${file.name} cannot be installed`}
        lead={`${plural(report.errors.length, 'fault')} to fix. The package was not stored.`}
      >
        <Faults of={report.errors} />
        {report.warnings.length > 0 && <Faults of={report.warnings} tone="warn" />}
      </Section>
    );
  return <Consent file={file} report={report} signature={signature} contents={report.plugin} />;
}

function Consent({
  file,
  report,
  signature,
  contents,
}: Given & { contents: NonNullable<PackageReport['plugin']> }): ReactNode {
  const { data: plugins } = useAnnex('listPlugins', { query: { limit: 200 } });
  const before: Plugin | undefined = plugins?.items.find(({ slug }) => slug === contents.slug);
  const [granted, setGranted] = useState<string[]>(contents.permissions.map(({ name }) => name));
  const upload = useCall('uploadPlugin');
  const navigate = useNavigate();
  const at = useAt();
  const grant = granted.length > 0 ? { grant: granted.join(',') } : {};
  const signed = signature && { signature: signature.text };
  const body = (enable: boolean) => ({ file, ...signed, ...grant, ...(enable && { enable: 'true' as const }) });
  const install = (enable: boolean): void =>
    upload.mutate(
      { body: body(enable) },
      {
        onSuccess({ slug, name, version, status }) {
          notifyDone(`${name} ${version} is ${status}`);
          void navigate({ to: at(`plugins/${slug}`) });
        },
      },
    );
  const toggle = (name: string, isOn: boolean): void =>
    setGranted((names) => (isOn ? [...names, name] : names.filter((each) => each !== name)));
  const required = contents.secrets.filter(({ required }) => required);
  return (
    <Columns>
      <div>
        <Section
          title="What it asks for"
          lead={
            contents.permissions.length === 0
              ? 'It asks for no permission: it reaches only its own store, settings and logs.'
              : 'Grant what you agree with. A call without its permission fails, and nothing else does.'
          }
        >
          {contents.permissions.map((permission) => (
            <label key={permission.name} className={classes.permission}>
              <Checkbox
                checked={granted.includes(permission.name)}
                aria-label={`Grant ${permission.name}`}
                onChange={(event) => toggle(permission.name, event.currentTarget.checked)}
              />
              <div>
                <strong>{permissionWords[permission.name] ?? permission.name}</strong>{' '}
                {before && !before.permissions.granted.includes(permission.name) && <Tag tone="warn">new</Tag>}
                <p className="quiet">{permission.reason ?? 'The author gives no reason.'}</p>
                <Scope of={permission} />
                <Used report={report} permission={permission.name} />
              </div>
            </label>
          ))}
          <div className="stack" style={{ marginTop: '1rem' }}>
            {upload.error && <Problem error={upload.error} />}
            <div className="line">
              <Button loading={upload.isPending} onClick={() => install(true)}>
                {before ? `Upgrade to ${contents.version}` : 'Install and enable'}
              </Button>
              {!before && (
                <Button variant="default" disabled={upload.isPending} onClick={() => install(false)}>
                  Install only
                </Button>
              )}
              <CopyAs call="uploadPlugin" input={{ body: body(true) }} cli="annex deploy" label="Install" size="sm" />
            </div>
            {required.length > 0 && !before && (
              <Text size="sm" c="dimmed">
                It needs {plural(required.length, 'secret')} before it can be enabled:{' '}
                {required.map(({ name }) => name).join(', ')}. Install it first, then set them on its page.
              </Text>
            )}
          </div>
        </Section>
        {report.warnings.length > 0 && (
          <Section title="Worth a look">
            <Faults of={report.warnings} tone="warn" />
          </Section>
        )}
      </div>
      <div>
        <Contents file={file} report={report} signature={signature} contents={contents} before={before} />
      </div>
    </Columns>
  );
}

function Scope({ of }: { of: { hosts?: string[]; tables?: string[] } }): ReactNode {
  const names = [...(of.hosts ?? []), ...(of.tables ?? [])];
  if (names.length === 0) return null;
  return (
    <div className={classes.scope}>
      {names.map((name) => (
        <Tag key={name}>{name}</Tag>
      ))}
    </div>
  );
}

function Used({ report, permission }: { report: PackageReport; permission: string }): ReactNode {
  const places = report.reach.used.filter((use) => use.permission === permission);
  if (places.length === 0) return null;
  const shown = places.slice(0, 3).map(({ call, file, line }) => `${call} in ${file}:${line}`);
  return (
    <Text size="xs" c="dimmed" mt={4}>
      {shown.join(', ')}
      {places.length > 3 && ` and ${places.length - 3} more`}
    </Text>
  );
}

function Contents({
  file,
  report,
  signature,
  contents,
  before,
}: Given & {
  contents: NonNullable<PackageReport['plugin']>;
  before: Plugin | undefined;
}): ReactNode {
  const hosts = [...new Set(report.reach.hosts.map(({ host }) => host))];
  return (
    <Section title={contents.name}>
      <Facts
        of={[
          ['Checked', <Status key="ok" of="ready" label="It can be installed" />],
          ['Version', before ? `${before.version} → ${contents.version}` : contents.version],
          ['Package', `${file.name}, ${bytesText(file.size)}, ${plural(report.files.length, 'file')}`],
          ['Signature', signature ? `${signature.name}, checked when it is installed` : 'none was given'],
          contents.routes.length > 0 && [
            'Routes',
            contents.routes.map((route) => (
              <div key={`${route.methods.join()} ${route.path}`} className="mono">
                {route.methods.join(', ')} {route.path}
              </div>
            )),
          ],
          contents.events.length > 0 && ['Events', contents.events.join(', ')],
          contents.jobs.length > 0 && [
            'Jobs',
            contents.jobs.map(({ name, schedule }) => (
              <div key={name}>
                {name} <span className="quiet">{schedule ?? 'on demand'}</span>
              </div>
            )),
          ],
          contents.webhooks.length > 0 && ['Webhooks', contents.webhooks.map(({ name }) => name).join(', ')],
          contents.secrets.length > 0 && ['Secrets', contents.secrets.map(({ name }) => name).join(', ')],
          hosts.length > 0 && ['Names in code', hosts.join(', ')],
          [
            'Reach',
            report.reach.complete ? (
              <span className="line" key="all">
                <CircleCheck size={15} /> Everything it calls was found
              </span>
            ) : (
              `${plural(report.reach.dynamic.length, 'place')} put calls together at run time`
            ),
          ],
        ]}
      />
    </Section>
  );
}
