import type { Tenant } from '@annex/client';
import type { ReactNode } from 'react';
import { Status } from '../../parts/status';

/** Whether a tenant is in use, stands still or is on its way out. */
export function TenantState({ of: { deletion, suspension } }: { of: Tenant }): ReactNode {
  if (deletion) return <Status of="deleted" tone="bad" />;
  if (suspension?.scope === 'everything') return <Status of="suspended" tone="bad" />;
  if (suspension) return <Status of="paused" tone="warn" />;
  return <Status of="in use" tone="good" />;
}
