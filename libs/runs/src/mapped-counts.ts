/** What mappings made of events in this process, for its metrics. */
export interface MappedCounts {
  /** Events that a rule took and that went through. */
  passed: number;
  /** Events that nobody got, by why. */
  window: number;
  silence: number;
  resolved: number;
  unmapped: number;
  /** Events that no rule was asked of: looking at them would have cost too much. */
  tooDear: number;
  /** Events that were not counted: their tenant has as many keys as it may have. */
  noRoom: number;
  /** Events that correlations made. */
  correlated: number;
  /** Ends of alerts that were told by an event of their own. */
  ended: number;
}

const counts: MappedCounts = {
  ...{ passed: 0, window: 0, silence: 0, resolved: 0, unmapped: 0 },
  ...{ tooDear: 0, noRoom: 0, correlated: 0, ended: 0 },
};

/** Counts something once the transaction that did it has committed. */
export function countMapped(tx: { afterCommit(work: () => void): void }, what: keyof MappedCounts): void {
  tx.afterCommit(() => {
    counts[what] += 1;
  });
}

/** The counts since the process began. */
export function mappedCounts(): Readonly<MappedCounts> {
  return counts;
}
