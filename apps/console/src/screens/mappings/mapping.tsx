import type { Mapping } from '@annex/client';
import { useNavigate, useParams } from '@tanstack/react-router';
import Trash2 from 'lucide-react/icons/trash-2';
import { useState, type ReactNode } from 'react';
import { cli } from '../../api/commands';
import { useAnnex } from '../../api/queries';
import { useTenant } from '../../api/tenant';
import { Act } from '../../parts/act';
import { TextEditor } from '../../parts/code';
import { plural } from '../../parts/numbers';
import { Facts, Loaded, Page, Section } from '../../parts/page';
import { Tag } from '../../parts/status';
import { When } from '../../parts/when';
import { Go, useAt } from '../../shell/go';
import { readText, writeText } from './document-text';
import { MappingEditor } from './mapping-editor';
import { TryOut } from './try-out';

/** One mapping: to be changed where it is the tenant's own, to be read where a package brought it. */
export function MappingScreen(): ReactNode {
  const { name = '' } = useParams({ strict: false }) as { name?: string };
  const result = useAnnex('getMapping', { path: { name } });
  return <Loaded result={result}>{(mapping) => <MappingPage key={mapping.name} mapping={mapping} />}</Loaded>;
}

function MappingPage({ mapping }: { mapping: Mapping }): ReactNode {
  const { name, plugin, version, rules, correlations, updated_at: changedAt } = mapping;
  const navigate = useNavigate();
  const at = useAt();
  const { can } = useTenant();
  return (
    <Page
      title={name}
      mark={<Tag>{plugin ?? 'the tenant'}</Tag>}
      lead={
        <>
          {plural(rules, 'rule')}, {plural(correlations, 'correlation')}. Version {version}, changed{' '}
          <When at={changedAt} />.
        </>
      }
      trail={<Go to="mappings">Mappings</Go>}
      actions={
        plugin === null && (
          <Act
            call="deleteMapping"
            input={{ path: { name } }}
            cli={cli`annex mappings rm ${name}`}
            icon={<Trash2 size={14} />}
            done={`${name} is gone`}
            onDone={() => void navigate({ to: at('mappings') })}
            confirm={{
              title: `Delete ${name}?`,
              text: 'Events come as they are sent from now on, and its alerts are forgotten.',
            }}
          >
            Delete
          </Act>
        )
      }
    >
      {plugin === null && can('setMapping') ? (
        <MappingEditor name={name} document={mapping.document} />
      ) : (
        <ReadOnly mapping={mapping} />
      )}
    </Page>
  );
}

function ReadOnly({ mapping: { name, plugin, document } }: { mapping: Mapping }): ReactNode {
  const { can } = useTenant();
  const [text] = useState(() => writeText(document, 'yaml'));
  return (
    <>
      <Section title="Document">
        {plugin !== null && (
          <Facts
            of={[['Brought by', <Go key="plugin" to={`plugins/${plugin}`}>{`${plugin}, in force while it is on`}</Go>]]}
          />
        )}
        <TextEditor value={text} label="Document" language="yaml" />
      </Section>
      {can('testMappings') && <TryOut name={name} read={readText(text)} />}
    </>
  );
}

const starter = `api_version: v1
mappings:
  - type: pod-restart
    to: pod.restart
    severity: warning
    dedupe: { key: "{{ subject }}", window_s: 600, resolve_after_s: 900 }
`;

/** A mapping that is not in force yet. */
export function NewMapping(): ReactNode {
  return (
    <Page
      title="New mapping"
      lead="The first rule that takes an event counts. It is in force as soon as it is saved."
      trail={<Go to="mappings">Mappings</Go>}
    >
      <MappingEditor text={starter} />
    </Page>
  );
}
