import type { Quarantine } from '@annex/client';
import { Button, Group, Modal, SegmentedControl, Textarea, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import Plus from 'lucide-react/icons/plus';
import ShieldBan from 'lucide-react/icons/shield-ban';
import { useState, type ReactNode } from 'react';
import { cli } from '../../api/commands';
import { useAnnexList, useCall } from '../../api/queries';
import { Act, CopyAs } from '../../parts/act';
import { ActorName, Actors } from '../../parts/actor';
import { Id } from '../../parts/copy';
import { Empty } from '../../parts/empty';
import { Items } from '../../parts/items';
import classes from '../../parts/items.module.css';
import { plural } from '../../parts/numbers';
import { Page, Section } from '../../parts/page';
import { notifyDone, Problem } from '../../parts/problem';
import { Tag } from '../../parts/status';
import { When } from '../../parts/when';

/** Code that no tenant may run. */
export function Quarantines(): ReactNode {
  const [isMaking, making] = useDisclosure();
  const list = useAnnexList('listQuarantines', { query: { limit: 100 } });
  const add = (
    <Button size="xs" leftSection={<Plus size={14} />} onClick={making.open}>
      Quarantine…
    </Button>
  );
  return (
    <Page
      title="Quarantines"
      lead="Code that no tenant may run: one archive, or every release of a slug."
      actions={list.items.length > 0 && add}
    >
      <Actors ids={list.items.map(({ created_by: id }) => id)}>
        <Section title="In quarantine" flush>
          <Items
            list={list}
            none={
              <Empty icon={<ShieldBan size={22} />} title="Nothing is in quarantine" action={add}>
                Code that is set here stops at once wherever it runs, and cannot be enabled or uploaded again until it
                is lifted.
              </Empty>
            }
          >
            {(quarantine) => <QuarantineItem key={quarantine.id} quarantine={quarantine} />}
          </Items>
        </Section>
      </Actors>
      {isMaking && <QuarantineForm onClose={making.close} />}
    </Page>
  );
}

function QuarantineItem({ quarantine }: { quarantine: Quarantine }): ReactNode {
  const { id, slug, sha256, reason, created_by: by, created_at: at } = quarantine;
  const what = slug ?? `the archive ${sha256?.slice(0, 12) ?? ''}`;
  return (
    <div className={classes.item} role="group" aria-label={what}>
      <div>
        <div className={classes.name}>
          <strong>{what}</strong>
          <Tag>{slug === null ? 'one archive' : 'every release'}</Tag>
        </div>
        <p>{reason}</p>
        {sha256 !== null && (
          <p>
            <Id what="sum">{sha256}</Id>
          </p>
        )}
        <p>
          By <ActorName id={by} />, <When at={at} />
        </p>
      </div>
      <Act
        call="liftQuarantine"
        input={{ path: { id } }}
        cli={cli`annex quarantine rm ${id}`}
        done={`${what} may run again`}
        confirm={{ title: `Let ${what} run again?`, text: 'Nothing is enabled by itself: each tenant does that.' }}
      >
        Lift
      </Act>
    </div>
  );
}

type By = 'slug' | 'sha256';

function QuarantineForm({ onClose }: { onClose: () => void }): ReactNode {
  const [by, setBy] = useState<By>('slug');
  const [what, setWhat] = useState('');
  const [reason, setReason] = useState('');
  const set = useCall('setQuarantine');
  const input = { body: { reason, [by]: what } };
  return (
    <Modal opened onClose={onClose} title="Put code into quarantine">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          set.mutate(input, {
            onSuccess({ stopped }) {
              notifyDone(stopped === 0 ? 'It may not run from now on' : `${plural(stopped, 'installation')} stopped`);
              onClose();
            },
          });
        }}
      >
        <SegmentedControl
          aria-label="What"
          data={[
            { value: 'slug', label: 'Every release of a slug' },
            { value: 'sha256', label: 'One archive' },
          ]}
          value={by}
          onChange={(value) => setBy(value as By)}
        />
        <TextInput
          label={by === 'slug' ? 'Slug' : 'SHA-256 of the archive'}
          description={by === 'slug' ? 'As plugin.json has it' : '64 hexadecimal digits, as releases show it'}
          value={what}
          data-autofocus
          onChange={(event) => setWhat(event.currentTarget.value.trim())}
        />
        <Textarea
          label="Reason"
          description="Tenants are told"
          value={reason}
          maxLength={500}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        {set.error && <Problem error={set.error} />}
        <Group justify="flex-end" gap="xs">
          <CopyAs
            call="setQuarantine"
            input={input}
            cli={cli`annex quarantine put ${what} --reason ${reason}`}
            label="Quarantine"
            size="sm"
          />
          <Button type="submit" color="red.9" loading={set.isPending} disabled={what === '' || reason.trim() === ''}>
            Stop it everywhere
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
