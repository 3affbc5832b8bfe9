import type { DeliveryAttempt } from '@annex/client';
import type { ReactNode } from 'react';
import classes from '../../parts/items.module.css';
import { Section } from '../../parts/page';
import { Status } from '../../parts/status';
import { lengthOf, When } from '../../parts/when';

/** One request to somebody else: as it was sent, and as it was answered. */
export function Attempt({ attempt }: { attempt: DeliveryAttempt }): ReactNode {
  const { number, response, error, request, duration_ms: took, started_at: at } = attempt;
  return (
    <Section
      title={`Attempt ${number}`}
      lead={
        <>
          <When at={at} as="exact" />
          {took !== null && `, ${lengthOf(took)}`}
        </>
      }
      actions={
        response ? (
          <Status
            of={String(response.status)}
            tone={response.status < 300 ? 'good' : 'bad'}
            label={`answered ${response.status}`}
          />
        ) : (
          <Status of="failed" label={error?.code ?? 'no answer'} />
        )
      }
    >
      <div className="stack">
        {error && <p className="quiet">{error.message}</p>}
        <Wire
          title={`${request.method ?? 'POST'} ${request.url ?? ''}`}
          headers={request.headers}
          body={request.body}
        />
        {response && <Wire title="Answer" headers={response.headers} body={response.body} />}
      </div>
    </Section>
  );
}

function Wire({
  title,
  headers,
  body,
}: {
  title: string;
  headers: Record<string, string> | undefined;
  body: string | undefined;
}): ReactNode {
  const lines = Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${value}`);
  return (
    <details>
      <summary className="mono">{title}</summary>
      <pre className={classes.answer} tabIndex={0} aria-label={title}>
        {[...lines, '', body ?? ''].join('\n')}
      </pre>
    </details>
  );
}
