import type { ConfigRevision } from '@annex/client';
import { Button } from '@mantine/core';
import { lazy, Suspense, useState, type ReactNode } from 'react';
import { useAnnex, useAnnexList, useCall } from '../../../api/queries';
import { useTenant } from '../../../api/tenant';
import { Act } from '../../../parts/act';
import { JsonField, readJson } from '../../../parts/code';
import { Empty } from '../../../parts/empty';
import { Columns, Loaded, Section, Waiting } from '../../../parts/page';
import { notifyDone, Problem } from '../../../parts/problem';
import { When } from '../../../parts/when';
import classes from '../../../parts/items.module.css';
import type { TabProps } from '../plugin';

const SettingsForm = lazy(() => import('../settings-form'));

/** A plugin's settings: a form of its own schema, and every revision to go back to. */
export default function SettingsTab({ plugin }: TabProps): ReactNode {
  const config = useAnnex('getPluginConfig', { path: { id: plugin.slug } });
  const release = useAnnex('getRelease', { path: { id: plugin.slug, release: plugin.release } });
  return (
    <Columns>
      <div>
        <Section
          title="Settings"
          lead="A change is checked by the plugin’s own schema, and reaches running code at once."
        >
          <Loaded result={release}>
            {({ config_schema: schema }) => (
              <Loaded result={config}>
                {(value) => <Edited key={JSON.stringify(value)} slug={plugin.slug} schema={schema} value={value} />}
              </Loaded>
            )}
          </Loaded>
        </Section>
      </div>
      <div>
        <Revisions slug={plugin.slug} />
      </div>
    </Columns>
  );
}

function Edited({
  slug,
  schema,
  value,
}: {
  slug: string;
  schema: Record<string, unknown> | null;
  value: Record<string, unknown>;
}): ReactNode {
  const { can } = useTenant();
  const [asJson, setAsJson] = useState(schema === null);
  const change = useCall('setPluginConfig');
  const save = (body: Record<string, unknown>): void =>
    change.mutate({ path: { id: slug }, body } as never, { onSuccess: () => notifyDone('The settings are saved') });
  const isReadOnly = !can('setPluginConfig');
  return (
    <div className="stack">
      {schema && (
        <Button variant="subtle" size="xs" w="fit-content" onClick={() => setAsJson(!asJson)}>
          {asJson ? 'Edit as a form' : 'Edit as JSON'}
        </Button>
      )}
      {asJson || !schema ? (
        <AsJson value={value} isReadOnly={isReadOnly} isSaving={change.isPending} onSave={save} />
      ) : (
        <Suspense fallback={<Waiting />}>
          <SettingsForm
            schema={schema}
            value={value}
            isReadOnly={isReadOnly}
            isSaving={change.isPending}
            onSave={save}
          />
        </Suspense>
      )}
      {change.error && <Problem error={change.error} />}
    </div>
  );
}

function AsJson({
  value,
  isReadOnly,
  isSaving,
  onSave,
}: {
  value: Record<string, unknown>;
  isReadOnly: boolean;
  isSaving: boolean;
  onSave: (value: Record<string, unknown>) => void;
}): ReactNode {
  const [text, setText] = useState(JSON.stringify(value, null, 2));
  const read = readJson(text);
  return (
    <>
      <JsonField value={text} onChange={setText} label="Settings as JSON" />
      {!isReadOnly && (
        <Button
          w="fit-content"
          disabled={'error' in read}
          loading={isSaving}
          onClick={() => 'value' in read && onSave((read.value ?? {}) as Record<string, unknown>)}
        >
          Save
        </Button>
      )}
    </>
  );
}

function Revisions({ slug }: { slug: string }): ReactNode {
  const list = useAnnexList('listConfigRevisions', { path: { id: slug }, query: { limit: 20 } });
  const [latest] = list.items;
  return (
    <Section title="Revisions" flush>
      {list.items.length === 0 && !list.isLoading && <Empty title="Nobody has changed them yet" />}
      {list.items.map((revision) => (
        <RevisionItem key={revision.revision} slug={slug} revision={revision} isLatest={revision === latest} />
      ))}
    </Section>
  );
}

function RevisionItem({
  slug,
  revision,
  isLatest,
}: {
  slug: string;
  revision: ConfigRevision;
  isLatest: boolean;
}): ReactNode {
  return (
    <div className={classes.item}>
      <div>
        <strong>Revision {revision.revision}</strong>
        <p>
          <When at={revision.created_at} />
          {revision.changed.length > 0 && `: ${revision.changed.join(', ')}`}
        </p>
      </div>
      {!isLatest && (
        <Act
          call="rollBackPluginConfig"
          input={{ path: { id: slug }, body: { revision: revision.revision } }}
          done={`The settings are those of revision ${revision.revision}`}
        >
          Go back to it
        </Act>
      )}
    </div>
  );
}
