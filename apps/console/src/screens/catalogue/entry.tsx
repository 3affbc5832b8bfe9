import type { ListedPlugin } from '@annex/client';
import { useParams } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { useAnnex } from '../../api/queries';
import { useTenant } from '../../api/tenant';
import { Id } from '../../parts/copy';
import classes from '../../parts/items.module.css';
import { Columns, Facts, Loaded, Page, Section } from '../../parts/page';
import { Tag } from '../../parts/status';
import { Go } from '../../shell/go';
import { Installed } from './catalogue';
import { InstallRelease, type Release } from './install-release';

/** One plugin of the catalogue, with all its releases. */
export function CatalogueEntry(): ReactNode {
  const { slug = '' } = useParams({ strict: false }) as { slug?: string };
  const result = useAnnex('getCataloguePlugin', { path: { slug } });
  return <Loaded result={result}>{(plugin) => <Entry key={plugin.slug} plugin={plugin} />}</Loaded>;
}

function Entry({ plugin }: { plugin: ListedPlugin }): ReactNode {
  const { slug, name, description, publisher, latest, installed, releases } = plugin;
  return (
    <Page
      title={name}
      mark={latest !== null && <Tag>{latest}</Tag>}
      lead={description}
      trail={<Go to="catalogue">Catalogue</Go>}
    >
      <Columns>
        <div>
          <Section title="Releases" flush>
            {releases.map((release) => (
              <ReleaseItem key={release.sha256} plugin={plugin} release={release} />
            ))}
          </Section>
        </div>
        <div>
          <Section title="About">
            <Facts
              of={[
                ['Here', <Installed key="here" of={plugin} />],
                installed !== null && ['Its page', <Go to={`plugins/${slug}`}>{name}</Go>],
                ['Publisher', publisher],
                ['Slug', <Id key="slug">{slug}</Id>],
              ]}
            />
          </Section>
        </div>
      </Columns>
    </Page>
  );
}

function ReleaseItem({ plugin, release }: { plugin: ListedPlugin; release: Release }): ReactNode {
  const { can } = useTenant();
  const [isInstalling, setInstalling] = useState(false);
  const { version, sha256, permissions, yanked, yanked_because: because } = release;
  const isHere = plugin.installed?.sha256 === sha256;
  return (
    <div className={classes.item} role="group" aria-label={version}>
      <div>
        <div className={classes.name}>
          <strong>{version}</strong>
          {isHere && <Tag tone="good">installed</Tag>}
          {yanked && <Tag tone="bad">taken back</Tag>}
        </div>
        {because !== null && <p>{because}</p>}
        <p>{permissions.length === 0 ? 'Asks for no permission.' : `Asks for ${permissions.join(', ')}.`}</p>
      </div>
      {!yanked && !isHere && can('installFromCatalogue') && (
        <InstallRelease plugin={plugin} release={release} isOpen={isInstalling} onOpen={setInstalling} />
      )}
    </div>
  );
}
