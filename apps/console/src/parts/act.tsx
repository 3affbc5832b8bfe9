import type { Input, Name, Output } from '@annex/client';
import { ActionIcon, Button, Group, Menu, Modal, Text, TextInput, type ButtonProps } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import Ellipsis from 'lucide-react/icons/ellipsis-vertical';
import SquareTerminal from 'lucide-react/icons/square-terminal';
import Terminal from 'lucide-react/icons/terminal';
import { useState, type ReactNode } from 'react';
import { curlOf } from '../api/commands';
import { useCall } from '../api/queries';
import { useTenant } from '../api/tenant';
import { notifyDone, notifyProblem, Problem } from './problem';

/** What is asked before something is destroyed or stopped. */
export interface Question {
  title: string;
  /** What will happen, and whether it can be undone. */
  text: ReactNode;
  /** What has to be typed, where it cannot be undone. Default: nothing. */
  word?: string;
}

export interface ActProps<N extends Name> {
  /** The call that it makes. Who may not make it does not see the button. */
  call: N;
  input: Input<N>;
  children: string;
  /** The same as a line of the command line. */
  cli?: string;
  confirm?: Question;
  /** What is said when it was done. */
  done?: string | ((answer: Output<N>) => string);
  onDone?: (answer: Output<N>) => void;
  icon?: ReactNode;
  variant?: ButtonProps['variant'];
  color?: string;
  size?: ButtonProps['size'];
  disabled?: boolean;
}

/** A button that makes a call of the API, and says how to make the same without the console. */
export function Act<N extends Name>(props: ActProps<N>): ReactNode {
  const { call, input, children, cli, confirm, done, onDone, icon, disabled } = props;
  const { variant = 'default', color, size = 'xs' } = props;
  const { can } = useTenant();
  const made = useCall(call);
  const [isAsking, asking] = useDisclosure();
  if (!can(call)) return null;
  // A promise, since the button may be gone when the answer comes: a list that shows it came anew.
  const act = (): void =>
    void made.mutateAsync(input).then(
      (answer) => {
        asking.close();
        const text = typeof done === 'function' ? done(answer) : done;
        if (text) notifyDone(text);
        onDone?.(answer);
      },
      (thrown: unknown) => {
        // A question that is open tells it itself.
        if (!confirm) notifyProblem(thrown);
      },
    );
  return (
    <Group gap={0} wrap="nowrap">
      <Button
        variant={variant}
        size={size}
        {...(color && { color })}
        leftSection={icon}
        loading={made.isPending}
        disabled={disabled ?? false}
        onClick={confirm ? asking.open : act}
        style={{ borderTopRightRadius: 0, borderBottomRightRadius: 0 }}
      >
        {children}
      </Button>
      <CopyAs call={call} input={input} {...(cli && { cli })} label={children} variant={variant} size={size} isJoined />
      {confirm && (
        <Confirm
          question={confirm}
          verb={children}
          isOpen={isAsking}
          isWorking={made.isPending}
          error={made.error}
          onClose={() => (made.reset(), asking.close())}
          onYes={act}
        />
      )}
    </Group>
  );
}

/** The small menu beside an action: the same call for curl and for the command line. */
export function CopyAs<N extends Name>({
  call,
  input,
  cli,
  label,
  variant = 'default',
  size = 'xs',
  isJoined = false,
}: {
  call: N;
  input: Input<N>;
  cli?: string;
  label: string;
  variant?: ButtonProps['variant'];
  size?: ButtonProps['size'];
  /** Whether it hangs on a button. Default: it stands alone. */
  isJoined?: boolean;
}): ReactNode {
  const { slug } = useTenant();
  const copy = (text: string): void =>
    void navigator.clipboard.writeText(text).then(() => notifyDone('Copied'), notifyProblem);
  const heights: Record<string, number> = { xs: 30, 'compact-xs': 22, sm: 36, 'compact-sm': 26 };
  const height = heights[String(size)] ?? 30;
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon
          variant={variant === 'default' ? 'default' : (variant ?? 'default')}
          aria-label={`${label} from elsewhere`}
          h={height}
          w={isJoined ? 24 : height}
          style={{
            minHeight: height,
            ...(isJoined && { borderTopLeftRadius: 0, borderBottomLeftRadius: 0, marginLeft: -1 }),
          }}
        >
          <Ellipsis size={14} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<Terminal size={14} />} onClick={() => copy(curlOf(call, input, slug))}>
          Copy as curl
        </Menu.Item>
        {cli && (
          <Menu.Item leftSection={<SquareTerminal size={14} />} onClick={() => copy(cli)}>
            Copy as annex command
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

/** Asks plainly before something goes. */
export function Confirm({
  question,
  verb,
  isOpen,
  isWorking,
  error,
  onClose,
  onYes,
}: {
  question: Question;
  verb: string;
  isOpen: boolean;
  isWorking: boolean;
  error: Error | null;
  onClose: () => void;
  onYes: () => void;
}): ReactNode {
  const [typed, setTyped] = useState('');
  const isSure = question.word === undefined || typed === question.word;
  return (
    <Modal opened={isOpen} onClose={onClose} title={question.title}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isSure) onYes();
        }}
      >
        <Text size="sm" component="div">
          {question.text}
        </Text>
        {question.word !== undefined && (
          <TextInput
            mt="md"
            label={`Type ${question.word} to go on`}
            value={typed}
            autoComplete="off"
            onChange={(event) => setTyped(event.currentTarget.value)}
            data-autofocus
          />
        )}
        {error && (
          <div style={{ marginTop: '1rem' }}>
            <Problem error={error} />
          </div>
        )}
        <Group justify="flex-end" mt="lg" gap="sm">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Button type="submit" color="red.9" loading={isWorking} disabled={!isSure}>
            {verb}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
