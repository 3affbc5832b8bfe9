import type { ListedPlugin } from '@annex/client';
import { Button, Checkbox, Group, Modal, Text } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { cli } from '../../api/commands';
import { Act } from '../../parts/act';
import { useAt } from '../../shell/go';
import { permissionWords } from '../plugins/permissions-words';

/** One version of a plugin, as the catalogue lists it. */
export type Release = ListedPlugin['releases'][number];

/** Installs a release of the catalogue, after the reader said what it may do. */
export function InstallRelease({
  plugin,
  release,
  isOpen,
  onOpen,
}: {
  plugin: ListedPlugin;
  release: Release;
  isOpen: boolean;
  onOpen: (isOpen: boolean) => void;
}): ReactNode {
  return (
    <>
      <Button size="xs" variant={release.version === plugin.latest ? 'filled' : 'default'} onClick={() => onOpen(true)}>
        {plugin.installed === null ? 'Install' : 'Change to'} {release.version}
      </Button>
      {isOpen && <Consent plugin={plugin} release={release} onClose={() => onOpen(false)} />}
    </>
  );
}

function Consent({
  plugin: { slug, name, installed },
  release: { version, permissions },
  onClose,
}: {
  plugin: ListedPlugin;
  release: Release;
  onClose: () => void;
}): ReactNode {
  const [granted, setGranted] = useState<readonly string[]>(permissions);
  const [isOn, setOn] = useState(true);
  const navigate = useNavigate();
  const at = useAt();
  // What is on stays on; the switch is asked of a first installation alone.
  const enable = installed === null && isOn;
  const body = { version, ...(granted.length > 0 && { grant: [...granted] }), ...(enable && { enable }) };
  const flags = [granted.length > 0 && `--grant ${granted.join(',')}`, enable && '--enable'].filter(Boolean);
  return (
    <Modal opened onClose={onClose} title={`Install ${name} ${version}`}>
      <div className="stack">
        <Text size="sm">
          {permissions.length === 0
            ? 'It asks for no permission: it reaches only its own store, settings and logs.'
            : 'Grant what you agree with. A call without its permission fails, and nothing else does.'}
        </Text>
        {permissions.map((permission) => (
          <Checkbox
            key={permission}
            label={permissionWords[permission] ?? permission}
            description={permission}
            checked={granted.includes(permission)}
            onChange={({ currentTarget: { checked } }) =>
              setGranted((names) => (checked ? [...names, permission] : names.filter((each) => each !== permission)))
            }
          />
        ))}
        {installed === null && (
          <Checkbox
            label="Enable it"
            description="What it lacks, such as a secret, keeps it off and is said"
            checked={isOn}
            onChange={(event) => setOn(event.currentTarget.checked)}
          />
        )}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Act
            call="installFromCatalogue"
            input={{ path: { slug }, body }}
            cli={[cli`annex catalogue install ${slug} --release ${version}`, ...flags].join(' ')}
            variant="filled"
            size="sm"
            done={(plugin) => `${plugin.name} ${plugin.version} is ${plugin.status}`}
            onDone={() => void navigate({ to: at(`plugins/${slug}`) })}
          >
            Install
          </Act>
        </Group>
      </div>
    </Modal>
  );
}
