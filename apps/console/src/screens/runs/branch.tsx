import type { RunMention } from '@annex/client';
import { ActionIcon, Loader } from '@mantine/core';
import ChevronDown from 'lucide-react/icons/chevron-down';
import ChevronRight from 'lucide-react/icons/chevron-right';
import { useState, type ReactNode } from 'react';
import { useAnnex } from '../../api/queries';
import { Problem } from '../../parts/problem';
import { Status } from '../../parts/status';
import { Go } from '../../shell/go';
import classes from './run.module.css';

/** Runs that one run brought about, each with those that it brought about itself as soon as somebody opens it. */
export function Branches({ runs, label }: { runs: readonly RunMention[]; label: string }): ReactNode {
  return (
    <ul className={classes.tree} aria-label={label}>
      {runs.map((run) => (
        <Branch key={run.id} run={run} />
      ))}
    </ul>
  );
}

function Branch({ run: { id, plugin, name, status } }: { run: RunMention }): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const { data, error } = useAnnex('getRun', { path: { id } }, { enabled: isOpen });
  const verb = isOpen ? 'Close' : 'Open';
  return (
    <li className={classes.branch}>
      <div>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="xs"
          aria-expanded={isOpen}
          aria-label={`${verb} what ${name} brought about`}
          onClick={() => setOpen(!isOpen)}
        >
          {isOpen ? <ChevronDown size={12} /> : <ChevronRight size={12} />}
        </ActionIcon>
        <Go to={`runs/${id}`}>
          {plugin ?? 'webhook'} · {name}
        </Go>
        <Status of={status} />
      </div>
      {isOpen && error && <Problem error={error} />}
      {isOpen && !error && !data && <Loader size={12} />}
      {isOpen && data && data.children.length === 0 && <span className="quiet">It brought nothing about.</span>}
      {isOpen && data && data.children.length > 0 && (
        <Branches runs={data.children} label={`What ${name} brought about`} />
      )}
    </li>
  );
}
