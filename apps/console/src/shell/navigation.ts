import type { Name } from '@annex/client';
import Activity from 'lucide-react/icons/activity';
import Blocks from 'lucide-react/icons/blocks';
import House from 'lucide-react/icons/house';
import type { ComponentType } from 'react';

/** A screen that the navigation leads to. */
export interface Place {
  label: string;
  /** Behind the tenant. */
  to: string;
  icon: ComponentType<{ size?: number | string }>;
  /** The call that it is made of: who may not make it is not led there. */
  needs: Name;
}

export interface PlaceGroup {
  label?: string;
  places: readonly Place[];
}

/** Everything that the navigation and the palette lead to, by group. */
export const placeGroups: readonly PlaceGroup[] = [
  {
    places: [
      { label: 'Overview', to: '', icon: House, needs: 'getStats' },
      { label: 'Plugins', to: 'plugins', icon: Blocks, needs: 'listPlugins' },
    ],
  },
  { label: 'What happens', places: [{ label: 'Runs', to: 'runs', icon: Activity, needs: 'listRuns' }] },
];
