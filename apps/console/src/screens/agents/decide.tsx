import type { Question } from '@annex/client';
import { Button, Group, Modal, Textarea } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import Check from 'lucide-react/icons/check';
import { useState, type ReactNode } from 'react';
import { cli } from '../../api/commands';
import { useTenant } from '../../api/tenant';
import { Act } from '../../parts/act';
import classes from '../../parts/items.module.css';

/** Says yes or no to a question that waits for it. */
export function Decide({ question }: { question: Question }): ReactNode {
  const [isRejecting, rejecting] = useDisclosure();
  const { can } = useTenant();
  const { id, agent } = question;
  return (
    <div className={classes.actions}>
      {can('rejectQuestion') && (
        <Button variant="default" size="xs" onClick={rejecting.open}>
          Reject…
        </Button>
      )}
      <Act
        call="approveQuestion"
        input={{ path: { id } }}
        cli={cli`annex agents approve ${id}`}
        variant="filled"
        icon={<Check size={14} />}
        done={`${agent} is asked now`}
      >
        Approve
      </Act>
      {isRejecting && <Reject question={question} onClose={rejecting.close} />}
    </div>
  );
}

function Reject({ question: { id, agent }, onClose }: { question: Question; onClose: () => void }): ReactNode {
  const [reason, setReason] = useState('');
  const said = reason.trim();
  return (
    <Modal opened onClose={onClose} title={`Say no to ${agent}`}>
      <div className="stack">
        <Textarea
          label="Reason"
          description="Stands with the question. May be empty"
          value={reason}
          maxLength={500}
          data-autofocus
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Act
            call="rejectQuestion"
            input={{ path: { id }, body: said === '' ? {} : { reason: said } }}
            cli={cli`annex agents reject ${id}` + (said === '' ? '' : cli` --reason ${said}`)}
            variant="filled"
            size="sm"
            done={`${agent} is not asked`}
            onDone={onClose}
          >
            Reject
          </Act>
        </Group>
      </div>
    </Modal>
  );
}
