import type { ReactNode } from 'react';
import { Go } from '../../shell/go';

/** A rule as `<mapping>/<rule>`, leading to its mapping. */
export function MappedBy({ rule }: { rule: string }): ReactNode {
  const [mapping = rule] = rule.split('/');
  return (
    <Go to={`mappings/${encodeURIComponent(mapping)}`}>
      <code>{rule}</code>
    </Go>
  );
}
