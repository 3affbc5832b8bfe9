import { Anchor, Button } from '@mantine/core';
import { Link, useRouter } from '@tanstack/react-router';
import Compass from 'lucide-react/icons/compass';
import type { ReactNode } from 'react';
import { Empty } from '../parts/empty';
import { Page } from '../parts/page';
import { Problem } from '../parts/problem';

/** Nothing is at the address. */
export function Lost(): ReactNode {
  return (
    <Page title="Nothing is here">
      <Empty
        icon={<Compass size={22} />}
        title="This address leads nowhere"
        action={
          <Anchor component={Link} to="/tenants">
            Choose a tenant
          </Anchor>
        }
      >
        It may belong to a tenant that you are no member of, or to something that was deleted.
      </Empty>
    </Page>
  );
}

/** A screen that could not be shown. */
export function Broken({ error }: { error: unknown }): ReactNode {
  const router = useRouter();
  // A file of the console that is gone: it was built anew, and the page is from before.
  const isOld = /dynamically imported module|Importing a module script failed/i.test(String(error));
  return (
    <Page title={isOld ? 'The console is newer than this page' : 'This screen could not be shown'}>
      {isOld ? (
        <Button onClick={() => location.reload()} w="fit-content">
          Load it again
        </Button>
      ) : (
        <Problem error={error} onRetry={() => void router.invalidate()} />
      )}
    </Page>
  );
}
