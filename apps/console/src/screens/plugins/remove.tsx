import type { Plugin } from '@annex/client';
import { useNavigate } from '@tanstack/react-router';
import Trash from 'lucide-react/icons/trash-2';
import type { ReactNode } from 'react';
import { cli } from '../../api/commands';
import { Act } from '../../parts/act';
import { useAt } from '../../shell/go';

/** Takes a plugin away for good. */
export function Remove({ plugin }: { plugin: Plugin }): ReactNode {
  const navigate = useNavigate();
  const at = useAt();
  return (
    <Act
      call="deletePlugin"
      input={{ path: { id: plugin.slug } }}
      cli={cli`annex plugins rm ${plugin.slug}`}
      icon={<Trash size={14} />}
      done={`${plugin.name} is uninstalled`}
      onDone={() => void navigate({ to: at('plugins') })}
      confirm={{
        title: `Uninstall ${plugin.name}?`,
        text:
          'Its releases, settings, secrets and stored values are deleted. Its runs stay until their time is over. ' +
          'This cannot be undone.',
        word: plugin.slug,
      }}
    >
      Uninstall
    </Act>
  );
}
