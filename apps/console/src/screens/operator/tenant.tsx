import type { Tenant } from '@annex/client';
import { Button, NumberInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link, useParams } from '@tanstack/react-router';
import LogIn from 'lucide-react/icons/log-in';
import { useState, type ReactNode } from 'react';
import { cli } from '../../api/commands';
import { useQuery } from '@tanstack/react-query';
import { annexOf } from '../../api/client';
import { useAnnex, useCall } from '../../api/queries';
import { Act } from '../../parts/act';
import { Json, JsonEditor, readJson } from '../../parts/code';
import { Id } from '../../parts/copy';
import { Columns, Facts, Loaded, Page, Section } from '../../parts/page';
import { notifyDone, Problem } from '../../parts/problem';
import { When } from '../../parts/when';
import { Go } from '../../shell/go';
import { QuotasInUse } from '../tenant/usage';
import { EnterSupport } from './enter-support';
import { Suspend, SuspensionNote } from './suspend';
import { TenantState } from './tenant-state';

/** One tenant as the operator sees it: its share, its limits, its end. */
export function OperatorTenant(): ReactNode {
  const { slug = '' } = useParams({ strict: false }) as { slug?: string };
  const result = useAnnex('getTenant', { path: { slug } });
  return <Loaded result={result}>{(tenant) => <TenantPage key={tenant.updated_at} tenant={tenant} />}</Loaded>;
}

function TenantPage({ tenant }: { tenant: Tenant }): ReactNode {
  const path = { slug: tenant.slug };
  return (
    <Page
      title={tenant.name}
      mark={<TenantState of={tenant} />}
      trail={<Go to="operator/tenants">Tenants</Go>}
      actions={
        tenant.deletion ? (
          <Act
            call="restoreTenant"
            input={{ path }}
            cli={cli`annex tenants restore ${tenant.slug}`}
            variant="filled"
            done={`${tenant.name} is back`}
          >
            Take it back
          </Act>
        ) : (
          <>
            <Button
              component={Link}
              to={`/t/${tenant.slug}`}
              variant="default"
              size="xs"
              leftSection={<LogIn size={14} />}
            >
              Enter
            </Button>
            <EnterSupport tenant={tenant} />
            <Suspend tenant={tenant} />
            <Act
              call="deleteTenant"
              input={{ path, query: { confirm: tenant.slug } as never }}
              cli={cli`annex tenants rm ${tenant.slug} --confirm ${tenant.slug}`}
              done={`${tenant.name} is suspended, and goes after the time of grace`}
              confirm={{
                title: `Delete ${tenant.name}?`,
                text:
                  'It is suspended at once: nobody signs in, nothing runs. Its data goes after a time of grace, in ' +
                  'which it can be taken back.',
                word: tenant.slug,
              }}
            >
              Delete
            </Act>
          </>
        )
      }
    >
      <SuspensionNote tenant={tenant} />
      <Columns>
        <div>
          <Share tenant={tenant} />
          <Quotas tenant={tenant} />
        </div>
        <div>
          {!tenant.deletion && <InUse slug={tenant.slug} />}
          <Section title="About">
            <Facts
              of={[
                ['Slug', <code key="slug">{tenant.slug}</code>],
                ['Tenant', <Id key="id">{tenant.id}</Id>],
                ['Zone', tenant.timezone],
                ['Made', <When key="made" at={tenant.created_at} as="exact" />],
                ['Changed', <When key="changed" at={tenant.updated_at} as="exact" />],
                tenant.deletion !== null && [
                  'Data goes',
                  <When key="goes" at={tenant.deletion.erases_at} as="exact" />,
                ],
              ]}
            />
          </Section>
        </div>
      </Columns>
    </Page>
  );
}

/** What it keeps now: asked for in the tenant itself, which operators may enter. */
function InUse({ slug }: { slug: string }): ReactNode {
  const usage = useQuery({
    queryKey: [slug, 'getUsage', {}],
    queryFn: ({ signal }) => annexOf(slug).getUsage({ query: {}, signal }),
  });
  return <Loaded result={usage}>{({ quotas }) => <QuotasInUse of={quotas} />}</Loaded>;
}

function Share({ tenant }: { tenant: Tenant }): ReactNode {
  const [weight, setWeight] = useState<number | string>(tenant.weight);
  const [atOnce, setAtOnce] = useState<number | string>(tenant.background_concurrency);
  const change = useCall('updateTenant');
  return (
    <Section title="Its share of the workers">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate(
            { path: { slug: tenant.slug }, body: { weight: Number(weight), background_concurrency: Number(atOnce) } },
            { onSuccess: () => notifyDone('Its share is changed') },
          );
        }}
      >
        <NumberInput
          label="Weight"
          description="Turns of background work where a tenant of weight 1 gets one"
          min={1}
          value={weight}
          onChange={setWeight}
        />
        <NumberInput
          label="Background runs at once"
          description="That it may always have; more while others idle"
          min={1}
          max={1000}
          value={atOnce}
          onChange={setAtOnce}
        />
        {change.error && <Problem error={change.error} />}
        <Button type="submit" w="fit-content" loading={change.isPending}>
          Save
        </Button>
      </form>
    </Section>
  );
}

function Quotas({ tenant }: { tenant: Tenant }): ReactNode {
  const [text, setText] = useState(JSON.stringify(tenant.quotas, null, 2));
  const [isChanging, changing] = useDisclosure();
  const change = useCall('updateTenant');
  const read = readJson(text);
  const about = {
    title: 'Quotas of its own',
    lead: 'What is not named is as for every tenant; null takes one away. Its usage screen names them all.',
  };
  if (!isChanging)
    return (
      <Section {...about}>
        <div className="stack">
          <Json value={tenant.quotas} label="Quotas of its own" />
          <Button variant="default" size="xs" w="fit-content" onClick={changing.open}>
            Change them
          </Button>
        </div>
      </Section>
    );
  return (
    <Section {...about}>
      <div className="stack">
        <JsonEditor value={text} onChange={setText} label="Quotas" />
        {change.error && <Problem error={change.error} />}
        <Button
          w="fit-content"
          disabled={'error' in read}
          loading={change.isPending}
          onClick={() =>
            'value' in read &&
            change.mutate(
              { path: { slug: tenant.slug }, body: { quotas: (read.value ?? {}) as never } },
              { onSuccess: () => notifyDone('Its quotas are changed') },
            )
          }
        >
          Save
        </Button>
      </div>
    </Section>
  );
}
