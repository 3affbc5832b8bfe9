import type { FilterRegistration, InstallationSnapshot } from '../snapshots/snapshot.js';

/** One filter of an enabled installation. */
export interface FilterHandler {
  snapshot: InstallationSnapshot;
  /** Place of the handler among the snapshot's registrations. */
  index: number;
  registration: FilterRegistration;
}

/** The filters of a tenant by the name of their point, each list in the order in which a value passes them. */
export type FilterPoints = ReadonlyMap<string, readonly FilterHandler[]>;

/**
 * Arranges the filters of a tenant's installations. The lowest priority comes first; of equals the plugin whose slug
 * sorts first, and within a plugin the one that was registered first. What is not enabled takes no part.
 */
export function arrangeFilters(snapshots: readonly InstallationSnapshot[]): FilterPoints {
  const points = new Map<string, FilterHandler[]>();
  for (const snapshot of snapshots) {
    if (snapshot.status !== 'enabled') continue;
    snapshot.registrations.forEach((registration, index) => {
      if (registration.kind !== 'filter') return;
      const point = points.get(registration.name) ?? [];
      point.push({ snapshot, index, registration });
      points.set(registration.name, point);
    });
  }
  for (const point of points.values()) {
    point.sort(
      (a, b) =>
        a.registration.priority - b.registration.priority ||
        compare(a.snapshot.slug, b.snapshot.slug) ||
        a.index - b.index,
    );
  }
  return points;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
