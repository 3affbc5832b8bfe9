import type { Source } from '@annex/client';
import { Button, Group, Modal, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useNavigate } from '@tanstack/react-router';
import History from 'lucide-react/icons/history';
import Pause from 'lucide-react/icons/pause';
import Play from 'lucide-react/icons/play';
import RefreshCw from 'lucide-react/icons/refresh-cw';
import { useState, type ReactNode } from 'react';
import { cli } from '../../api/commands';
import { useTenant } from '../../api/tenant';
import { Act } from '../../parts/act';
import { JsonField, readJson } from '../../parts/code';
import { useAt } from '../../shell/go';
import { SourceForm } from './source-form';

/** Stops a source, lets it go on, begins it anew, or sends it back. One of webhooks is set elsewhere. */
export function Steer({ source }: { source: Source }): ReactNode {
  return source.type === 'webhook' ? null : <Steering source={source} />;
}

function Steering({ source }: { source: Source }): ReactNode {
  const { name, plugin, state, enabled } = source;
  const [isRewinding, rewinding] = useDisclosure();
  const [isChanging, changing] = useDisclosure();
  const { can } = useTenant();
  const navigate = useNavigate();
  const at = useAt();
  const path = { name };
  // One that is not enabled waits for its plugin, or for the switch in its settings.
  const isPaused = state === 'paused' && enabled;
  const isStopped = state === 'paused' && !enabled;
  const isSent = source.path !== null;
  return (
    <>
      {plugin === null && can('setSource') && (
        <Button variant="default" size="xs" onClick={changing.open}>
          Change
        </Button>
      )}
      {!isSent && can('setSourceCursor') && (
        <Button variant="default" size="xs" leftSection={<History size={14} />} onClick={rewinding.open}>
          Rewind
        </Button>
      )}
      {isPaused ? (
        <Act
          call="resumeSource"
          input={{ path }}
          cli={cli`annex sources resume ${name}`}
          icon={<Play size={14} />}
          done={`${name} goes on`}
        >
          Resume
        </Act>
      ) : isStopped ? null : (
        <Act
          call="pauseSource"
          input={{ path }}
          cli={cli`annex sources pause ${name}`}
          icon={<Pause size={14} />}
          done={`${name} is paused`}
        >
          Pause
        </Act>
      )}
      <Act
        call="restartSource"
        input={{ path }}
        cli={cli`annex sources restart ${name}`}
        icon={<RefreshCw size={14} />}
        done={`${name} begins anew, from where its cursor stands`}
      >
        Restart
      </Act>
      {plugin === null && (
        <Act
          call="deleteSource"
          input={{ path }}
          done={`${name} is gone`}
          onDone={() => void navigate({ to: at('sources') })}
          confirm={{
            title: `Delete ${name}?`,
            text:
              source.type === 'postgres'
                ? 'Its cursor goes with it. Drop its slot at the database, which keeps the log for it otherwise.'
                : source.path === null
                  ? 'Its cursor goes with it.'
                  : 'What is sent to its address is refused from now on.',
          }}
        >
          Delete
        </Act>
      )}
      {isRewinding && <Rewind source={source} onClose={rewinding.close} />}
      {isChanging && <SourceForm source={source} onClose={changing.close} />}
    </>
  );
}

function Rewind({ source: { name, cursor }, onClose }: { source: Source; onClose: () => void }): ReactNode {
  const [text, setText] = useState(JSON.stringify(cursor ?? null, null, 2));
  const read = readJson(text);
  return (
    <Modal opened onClose={onClose} size="lg" title={`Where ${name} goes on`}>
      <div className="stack">
        <Text size="sm">
          The cursor as the source wrote it; <code>null</code> is the beginning. What was emitted before is not emitted
          again, as long as the source gives it the same id.
        </Text>
        <JsonField value={text} onChange={setText} label="Cursor" />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Act
            call="setSourceCursor"
            input={{ path: { name }, body: { cursor: 'value' in read ? (read.value ?? null) : null } }}
            cli={cli`annex sources rewind ${name} ${text}`}
            variant="filled"
            size="sm"
            disabled={'error' in read}
            done={`${name} goes on from there`}
            onDone={onClose}
          >
            Set it
          </Act>
        </Group>
      </div>
    </Modal>
  );
}
