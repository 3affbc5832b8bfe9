import type { Release, ReleaseDiff } from '@annex/client';
import { Button, Modal } from '@mantine/core';
import History from 'lucide-react/icons/history';
import { useState, type ReactNode } from 'react';
import { cli } from '../../../api/commands';
import { useAnnex, useAnnexList } from '../../../api/queries';
import { Act } from '../../../parts/act';
import { ActorName, Actors } from '../../../parts/actor';
import { Id } from '../../../parts/copy';
import { Facts, Loaded, Section, Waiting } from '../../../parts/page';
import { Problem } from '../../../parts/problem';
import { Status } from '../../../parts/status';
import { When } from '../../../parts/when';
import classes from '../../../parts/items.module.css';
import type { TabProps } from '../plugin';

/** Every upload of a plugin: compare, go back, go on. */
export default function ReleasesTab({ plugin }: TabProps): ReactNode {
  const list = useAnnexList('listReleases', { path: { id: plugin.slug }, query: { limit: 50 } });
  const [compared, setCompared] = useState<Release>();
  if (list.isLoading) return <Waiting />;
  if (list.error) return <Problem error={list.error} onRetry={list.reload} />;
  const active = list.items.find((release) => release.active);
  return (
    <Actors ids={list.items.map((release) => release.created_by)}>
      <Section flush>
        {list.items.map((release) => (
          <div key={release.id} className={classes.item}>
            <div>
              <div className={classes.name}>
                <strong>{release.version}</strong>
                {release.active && <Status of="active" tone="good" />}
              </div>
              <p>
                Uploaded <When at={release.created_at} />
                {' by '}
                <ActorName id={release.created_by} /> · <Id what="digest">{release.sha256.slice(0, 12)}</Id>
              </p>
              <p>{vouchText(release)}</p>
            </div>
            {!release.active && (
              <div className={classes.actions}>
                <Button variant="default" size="xs" onClick={() => setCompared(release)}>
                  Compare
                </Button>
                <Act
                  call="activateRelease"
                  input={{ path: { id: plugin.slug, release: release.version } }}
                  cli={cli`annex rollback ${plugin.slug} ${release.version}`}
                  icon={<History size={14} />}
                  done={`${plugin.name} ${release.version} is live`}
                  confirm={{
                    title: `Make ${release.version} live?`,
                    text:
                      `New runs use it at once${active ? ` instead of ${active.version}` : ''}. Runs under way end ` +
                      'with the code they began with. You can go back the same way.',
                  }}
                >
                  {isEarlier(release, active) ? 'Roll back to it' : 'Activate'}
                </Act>
              </div>
            )}
          </div>
        ))}
        {compared && active && (
          <Modal
            opened
            size="lg"
            onClose={() => setCompared(undefined)}
            title={`${active.version} → ${compared.version}`}
          >
            <Difference slug={plugin.slug} from={active} to={compared} />
          </Modal>
        )}
      </Section>
    </Actors>
  );
}

/** Who vouches for a release, in words. */
function vouchText({ signed_by: by }: Release): string {
  if (by === null) return 'Nobody signed it';
  const how = by.by === 'package' ? 'Signed by' : 'Listed in the catalogue of';
  return `${how} ${by.publisher}, with the key ${by.key_id}`;
}

function isEarlier(release: Release, active: Release | undefined): boolean {
  return active !== undefined && release.created_at < active.created_at;
}

function Difference({ slug, from, to }: { slug: string; from: Release; to: Release }): ReactNode {
  const result = useAnnex('diffReleases', { path: { id: slug, release: to.id }, query: { from: from.id } });
  return <Loaded result={result}>{(diff) => <DifferenceFacts diff={diff} />}</Loaded>;
}

type Part = { added: unknown[]; removed: unknown[]; changed: { after: unknown }[] };
const parts = [
  'permissions',
  'routes',
  'events',
  'jobs',
  'secrets',
  'webhooks',
  'filters',
  'dependencies',
  'files',
] as const;

function DifferenceFacts({ diff }: { diff: ReleaseDiff }): ReactNode {
  const facts = parts.flatMap((name): [string, ReactNode][] => {
    const { added, removed, changed } = diff[name] as Part;
    if (added.length + removed.length + changed.length === 0) return [];
    return [
      [
        name,
        <div key={name} className="mono">
          {added.map((each) => (
            <div key={`+${nameOf(each)}`} style={{ color: 'var(--annex-good)' }}>
              + {nameOf(each)}
            </div>
          ))}
          {removed.map((each) => (
            <div key={`-${nameOf(each)}`} style={{ color: 'var(--annex-bad)' }}>
              − {nameOf(each)}
            </div>
          ))}
          {changed.map(({ after }) => (
            <div key={`~${nameOf(after)}`} style={{ color: 'var(--annex-warn)' }}>
              ~ {nameOf(after)}
            </div>
          ))}
        </div>,
      ],
    ];
  });
  if (diff.config_schema_changed) facts.push(['settings', 'Their schema differs']);
  return facts.length === 0 ? <p>They differ in nothing that an admin decides about.</p> : <Facts of={facts} />;
}

function nameOf(each: unknown): string {
  if (typeof each === 'string') return each;
  const { name, path, slug, methods } = each as { name?: string; path?: string; slug?: string; methods?: string[] };
  return [methods?.join(','), name ?? path ?? slug].filter(Boolean).join(' ');
}
