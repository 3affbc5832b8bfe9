import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTenant } from '../api/tenant';

/** The address of a screen of the tenant that is open: `at('runs')`. */
export function useAt(): (path: string) => string {
  const { slug } = useTenant();
  return (path) => `/t/${slug}${path && `/${path}`}`;
}

/** A link to a screen of the tenant that is open. */
export function Go({
  to,
  search,
  className,
  children,
  'aria-label': label,
}: {
  /** Behind the tenant, such as `runs/run_01…`. */
  to: string;
  search?: Record<string, string | undefined>;
  className?: string | undefined;
  children: ReactNode;
  'aria-label'?: string;
}): ReactNode {
  const at = useAt();
  return (
    <Link to={at(to)} search={(search ?? {}) as never} className={className} aria-label={label}>
      {children}
    </Link>
  );
}
