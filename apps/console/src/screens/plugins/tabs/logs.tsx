import type { ReactNode } from 'react';
import { LogScreen } from '../../logs/log-screen';
import type { TabProps } from '../plugin';

/** What a plugin wrote, as it writes it. */
export default function LogsTab({ plugin }: TabProps): ReactNode {
  return <LogScreen slug={plugin.slug} />;
}
