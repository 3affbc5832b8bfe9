import type { Tenant } from '@annex/client';
import { Button, Select, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useAnnex, useCall } from '../../api/queries';
import { useTenant } from '../../api/tenant';
import { Id } from '../../parts/copy';
import { countText } from '../../parts/numbers';
import { Columns, Facts, Loaded, Page, Section } from '../../parts/page';
import { notifyDone, Problem } from '../../parts/problem';
import { When } from '../../parts/when';

/** What the tenant is called, and in which zone its people read times. */
export function Settings(): ReactNode {
  const result = useAnnex('getOwnTenant', {});
  return (
    <Page title="Settings">
      <Loaded result={result}>
        {(tenant) => (
          <Columns>
            <div>
              <Edit key={tenant.updated_at} tenant={tenant} />
            </div>
            <div>
              <Section title="About">
                <Facts
                  of={[
                    ['Slug', <code key="slug">{tenant.slug}</code>],
                    ['Tenant', <Id key="id">{tenant.id}</Id>],
                    ['Made', <When key="at" at={tenant.created_at} as="exact" />],
                    ['At once', `${countText(tenant.background_concurrency)} background runs, more while others idle`],
                  ]}
                />
              </Section>
            </div>
          </Columns>
        )}
      </Loaded>
    </Page>
  );
}

function Edit({ tenant }: { tenant: Tenant }): ReactNode {
  const { can } = useTenant();
  const [name, setName] = useState(tenant.name);
  const [zone, setZone] = useState(tenant.timezone);
  const change = useCall('updateOwnTenant');
  const isFixed = !can('updateOwnTenant');
  return (
    <Section title="Tenant">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate({ body: { name, timezone: zone } }, { onSuccess: () => notifyDone('The settings are saved') });
        }}
      >
        <TextInput
          label="Name"
          value={name}
          readOnly={isFixed}
          maxLength={200}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Select
          label="Time zone"
          description="In which times are shown here. Schedules of jobs name their own."
          data={['UTC', ...Intl.supportedValuesOf('timeZone').filter((each) => each !== 'UTC')]}
          value={zone}
          searchable
          readOnly={isFixed}
          allowDeselect={false}
          onChange={(value) => setZone(value ?? tenant.timezone)}
        />
        {change.error && <Problem error={change.error} />}
        {!isFixed && (
          <Button type="submit" w="fit-content" loading={change.isPending}>
            Save
          </Button>
        )}
      </form>
    </Section>
  );
}
