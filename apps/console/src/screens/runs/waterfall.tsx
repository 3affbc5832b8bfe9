import type { Output, RunDetail } from '@annex/client';
import { Select, Text } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { cli } from '../../api/commands';
import { useAnnex } from '../../api/queries';
import { useTenant } from '../../api/tenant';
import { Act } from '../../parts/act';
import { Json } from '../../parts/code';
import { plural } from '../../parts/numbers';
import { Section, Waiting } from '../../parts/page';
import { Problem } from '../../parts/problem';
import { Tag } from '../../parts/status';
import { lengthOf, When } from '../../parts/when';
import classes from './waterfall.module.css';

type Calls = Output<'listCalls'>;
type Call = Calls['items'][number];

/** Kinds of runs that run no code of a plugin in the sandbox, and so call no host. */
const withoutCode = ['webhook'];

/** What a run asked of the host, call by call on one line of time. */
export function Waterfall({ run }: { run: RunDetail }): ReactNode {
  const { can } = useTenant();
  const [attempt, setAttempt] = useState<string | null>(null);
  const isShown = can('listCalls') && run.plugin !== null && !withoutCode.includes(run.kind) && run.started_at !== null;
  const { data, error } = useAnnex(
    'listCalls',
    { path: { id: run.id }, query: attempt === null ? {} : ({ attempt } as never) },
    { enabled: isShown, every: run.finished_at === null ? 2000 : false },
  );
  if (!isShown) return null;
  return (
    <Section
      title="Host calls"
      lead={
        data && data.attempt !== null ? `${plural(data.items.length, 'call')} of attempt ${data.attempt}` : undefined
      }
      actions={
        data && data.attempts.length > 1 ? (
          <Select
            size="xs"
            aria-label="Attempt"
            data={data.attempts.map((number) => ({ value: String(number), label: `Attempt ${number}` }))}
            value={attempt ?? String(data.attempt)}
            onChange={setAttempt}
            allowDeselect={false}
          />
        ) : undefined
      }
    >
      {error && <Problem error={error} />}
      {!error && !data && <Waiting />}
      {data?.attempt === null && <NotRecorded slug={run.plugin ?? ''} />}
      {data !== undefined && data.attempt !== null && <Lines run={run} calls={data} />}
    </Section>
  );
}

function NotRecorded({ slug }: { slug: string }): ReactNode {
  const { data: plugin } = useAnnex('getPlugin', { path: { id: slug } });
  const until = plugin?.recording_until ?? null;
  const isRecorded = until !== null && Date.parse(until) > Date.now();
  return (
    <div className="stack">
      <Text size="sm">
        {isRecorded ? (
          <>
            This run was not recorded. Runs that begin until <When at={until} as="minute" /> are: replay it to see its
            calls.
          </>
        ) : (
          <>
            This run was not recorded. Record the plugin for ten minutes and replay the run: each call of ctx then
            stands here with its time, arguments and answer. Secrets that it read are masked.
          </>
        )}
      </Text>
      {!isRecorded && (
        <div>
          <Act
            call="startRecording"
            input={{ path: { id: slug }, body: { minutes: 10 } }}
            cli={cli`annex plugins record ${slug} --minutes 10`}
            done={`${slug} is recorded for ten minutes`}
          >
            Record for ten minutes
          </Act>
        </div>
      )}
    </div>
  );
}

function Lines({ run, calls }: { run: RunDetail; calls: Calls }): ReactNode {
  const attempt = run.attempts.find(({ number }) => number === calls.attempt);
  const ended = attempt?.finished_at ? Date.parse(attempt.finished_at) - Date.parse(attempt.started_at) : 0;
  const lastMs = Math.max(1, ended, ...calls.items.map(({ at_ms: at, took_ms: took }) => at + (took ?? 0)));
  if (calls.items.length === 0) return <Text size="sm">It asked nothing of the host.</Text>;
  const waited = calls.items.reduce((sum, { took_ms: took }) => sum + (took ?? 0), 0);
  return (
    <>
      <Text size="xs" c="dimmed">
        {`${lengthOf(lastMs)} in all; its calls took ${lengthOf(waited)} together`}
      </Text>
      <ol className={classes.calls} aria-label="Host calls in order of time">
        {calls.items.map((call) => (
          <Line key={call.number} call={call} lastMs={lastMs} />
        ))}
      </ol>
      {calls.left_out > 0 && (
        <Text size="xs" c="dimmed">
          {`${plural(calls.left_out, 'further call')} had no room.`}
        </Text>
      )}
    </>
  );
}

function Line({ call, lastMs }: { call: Call; lastMs: number }): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const { number, method, at_ms: at, took_ms: took, error, args, omitted } = call;
  const left = (at / lastMs) * 100;
  const width = ((took ?? lastMs - at) / lastMs) * 100;
  const target = isEgress(method) ? targetOf(args) : undefined;
  return (
    <li>
      <button
        type="button"
        className={classes.call}
        aria-expanded={isOpen}
        title={`from ${lengthOf(at)} on`}
        onClick={() => setOpen(!isOpen)}
      >
        <span className={classes.method}>
          <code>{method}</code> {target !== undefined && <span className="quiet">{target}</span>}
        </span>
        <span className={classes.track} aria-hidden>
          <i
            data-failed={error !== undefined}
            data-egress={isEgress(method)}
            style={{ left: `${Math.min(99, left)}%`, width: `${Math.min(width, 100 - left)}%` }}
          />
        </span>
        <span className="quiet">{took === null ? 'no answer' : lengthOf(took)}</span>
      </button>
      {isOpen && (
        <div className={classes.detail}>
          {error && (
            <p>
              <code>{error.code}</code> {error.message}
            </p>
          )}
          {omitted !== undefined && <p className="quiet">{omitted}</p>}
          {isEgress(method) && <Tag>left the platform</Tag>}
          {args !== null && <Json value={args} label={`arguments of call ${number}`} />}
          {call.answer !== undefined && <Json value={call.answer} label={`answer of call ${number}`} />}
        </div>
      )}
    </li>
  );
}

/** Calls that go out to other systems. */
function isEgress(method: string): boolean {
  return method.startsWith('http.') || ['email.send', 'llm.run', 'webhooks.send', 'fetch'].includes(method);
}

/** Where a request goes, without its path: that may hold what is private. */
function targetOf(args: Call['args']): string | undefined {
  const url = args
    ?.flatMap((one): unknown[] => (typeof one === 'object' && one !== null ? Object.values(one) : [one]))
    .find((one): one is string => typeof one === 'string' && /^https?:/.test(one));
  return url !== undefined && URL.canParse(url) ? new URL(url).host : undefined;
}
