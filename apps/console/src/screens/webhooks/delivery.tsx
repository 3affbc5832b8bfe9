import type { Delivery } from '@annex/client';
import { useNavigate, useParams } from '@tanstack/react-router';
import RotateCcw from 'lucide-react/icons/rotate-ccw';
import type { ReactNode } from 'react';
import { cli } from '../../api/commands';
import { useAnnex } from '../../api/queries';
import { Act } from '../../parts/act';
import { Id } from '../../parts/copy';
import { Columns, Facts, Loaded, Page, Section } from '../../parts/page';
import { Status } from '../../parts/status';
import { When } from '../../parts/when';
import { Go, useAt } from '../../shell/go';
import { Attempt } from './attempt';

const underWay = ['queued', 'running', 'retrying'];

/** One delivery: each attempt as it was sent and answered. */
export function DeliveryScreen(): ReactNode {
  const { id = '' } = useParams({ strict: false }) as { id?: string };
  const result = useAnnex(
    'getDelivery',
    { path: { id } },
    { every: (delivery) => (delivery && underWay.includes(delivery.status) ? 1500 : false) },
  );
  return <Loaded result={result}>{(delivery) => <DeliveryPage delivery={delivery} />}</Loaded>;
}

function DeliveryPage({ delivery }: { delivery: Delivery }): ReactNode {
  const navigate = useNavigate();
  const at = useAt();
  return (
    <Page
      title={delivery.event_type ?? 'A test'}
      mark={<Status of={delivery.status} />}
      trail={
        <>
          <Go to="webhooks">Webhooks</Go> / <Go to={`endpoints/${delivery.webhook_id}`}>{delivery.webhook}</Go>
        </>
      }
      actions={
        !underWay.includes(delivery.status) && (
          <Act
            call="replayDelivery"
            input={{ path: { id: delivery.id } }}
            cli={cli`annex webhooks replay ${delivery.id}`}
            icon={<RotateCcw size={14} />}
            variant="filled"
            done="It is sent again, with the same bytes"
            onDone={({ delivery_id: id }) => void navigate({ to: at(`deliveries/${id}`) })}
          >
            Send it again
          </Act>
        )
      }
    >
      <Columns>
        <div>
          {(delivery.attempts ?? []).toReversed().map((attempt) => (
            <Attempt key={attempt.number} attempt={attempt} />
          ))}
          {(delivery.attempts ?? []).length === 0 && <Section title="Not sent yet">It waits for its turn.</Section>}
        </div>
        <div>
          <Section title="About">
            <Facts
              of={[
                ['Delivery', <Id key="id">{delivery.id}</Id>],
                delivery.event_id !== null && [
                  'Event',
                  <Go to={`events/${delivery.event_id}`}>{delivery.event_id}</Go>,
                ],
                ['Run', <Go to={`runs/${delivery.run_id}`}>{delivery.run_id}</Go>],
                ['Made', <When key="at" at={delivery.created_at} as="exact" />],
                delivery.next_attempt_at !== undefined && [
                  'Next attempt',
                  <When key="next" at={delivery.next_attempt_at} as="exact" />,
                ],
                delivery.error !== null && ['Error', `${delivery.error.code}: ${delivery.error.message}`],
              ]}
            />
          </Section>
        </div>
      </Columns>
    </Page>
  );
}
