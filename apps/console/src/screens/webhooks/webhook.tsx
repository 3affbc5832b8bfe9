import type { Webhook } from '@annex/client';
import { Modal } from '@mantine/core';
import { useNavigate, useParams } from '@tanstack/react-router';
import KeyRound from 'lucide-react/icons/key-round';
import Send from 'lucide-react/icons/send';
import { useState, type ReactNode } from 'react';
import { cli } from '../../api/commands';
import { useAnnex } from '../../api/queries';
import { Act } from '../../parts/act';
import { Id } from '../../parts/copy';
import { plural } from '../../parts/numbers';
import { Columns, Facts, Loaded, Page, Section } from '../../parts/page';
import { ShownOnce } from '../../parts/shown-once';
import { Status } from '../../parts/status';
import { When } from '../../parts/when';
import { Go, useAt } from '../../shell/go';
import { Deliveries } from './webhooks';

/** One webhook: its health, its deliveries, its secret. */
export function WebhookScreen(): ReactNode {
  const { id = '' } = useParams({ strict: false }) as { id?: string };
  const result = useAnnex('getWebhook', { path: { id } });
  return <Loaded result={result}>{(webhook) => <WebhookPage webhook={webhook} />}</Loaded>;
}

function WebhookPage({ webhook }: { webhook: Webhook }): ReactNode {
  const [rotated, setRotated] = useState<{ secret?: string; previous_secret_until: string }>();
  const navigate = useNavigate();
  const at = useAt();
  const path = { id: webhook.id };
  return (
    <Page
      title={webhook.name}
      mark={<Status of={webhook.status} tone={webhook.status === 'enabled' ? 'good' : 'quiet'} />}
      lead={webhook.description}
      trail={<Go to="webhooks">Webhooks</Go>}
      actions={
        <>
          <Act
            call="testWebhook"
            input={{ path, body: {} }}
            cli={cli`annex webhooks test ${webhook.name}`}
            icon={<Send size={14} />}
            onDone={({ delivery_id: id }) => void navigate({ to: at(`deliveries/${id}`) })}
          >
            Send a test
          </Act>
          {webhook.signed && webhook.origin === 'api' && (
            <Act
              call="rotateWebhookSecret"
              input={{ path, body: {} }}
              icon={<KeyRound size={14} />}
              confirm={{
                title: 'Rotate the secret?',
                text: 'Deliveries are signed with both secrets for a day, so that the receiver has time to change.',
              }}
              onDone={setRotated}
            >
              Rotate
            </Act>
          )}
          {webhook.status === 'enabled' ? (
            <Act
              call="disableWebhook"
              input={{ path }}
              done={`${webhook.name} gets nothing any more`}
              confirm={{ title: `Disable ${webhook.name}?`, text: 'Events of the meantime are not sent later.' }}
            >
              Disable
            </Act>
          ) : (
            <Act call="enableWebhook" input={{ path }} done={`${webhook.name} gets events again`} variant="filled">
              Enable
            </Act>
          )}
          {webhook.origin === 'api' && (
            <Act
              call="deleteWebhook"
              input={{ path }}
              onDone={() => void navigate({ to: at('webhooks') })}
              done={`${webhook.name} is deleted`}
              confirm={{ title: `Delete ${webhook.name}?`, text: 'What it delivered stays in the list for its time.' }}
            >
              Delete
            </Act>
          )}
        </>
      }
    >
      <Columns>
        <div>
          <Deliveries webhook={webhook.id} />
        </div>
        <div>
          <Section title="About">
            <Facts
              of={[
                ['URL', webhook.url],
                ['Events', <code key="events">{webhook.events.join(', ')}</code>],
                ['From', webhook.plugin ? <Go to={`plugins/${webhook.plugin}`}>{webhook.plugin}</Go> : 'the tenant'],
                ['Signed', webhook.signed ? 'yes, by Standard Webhooks' : 'no'],
                webhook.headers.length > 0 && ['Header fields', webhook.headers.join(', ')],
                ['Health', <Health key="health" of={webhook} />],
                webhook.reason !== null && ['Why', webhook.reason],
                ['Webhook', <Id key="id">{webhook.id}</Id>],
              ]}
            />
          </Section>
        </div>
      </Columns>
      {rotated && (
        <Modal opened onClose={() => setRotated(undefined)} title="The new secret">
          <div className="stack">
            <ShownOnce label="Signing secret" text={rotated.secret ?? ''} why="It is not shown again." />
            <p className="quiet">
              The one before counts until <When at={rotated.previous_secret_until} as="exact" />.
            </p>
          </div>
        </Modal>
      )}
    </Page>
  );
}

function Health({ of: { failing_since: since, failures, last_delivery: last } }: { of: Webhook }): ReactNode {
  if (since === null) return <Status of="healthy" label={last ? 'delivers' : 'nothing sent yet'} />;
  return (
    <span>
      <Status of="failed" label="fails" /> since <When at={since} />, {plural(failures, 'time')} in a row
    </span>
  );
}
