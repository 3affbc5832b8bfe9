export interface Bundle {
  root: string;
  stampFile: string;
  makers: string[];
  make(): Promise<{ read: string[]; made: string[] }>;
}
/** Calls `make` unless what it read and made last time is unchanged; says whether it did. */
export function unlessCurrent(bundle: Bundle): Promise<boolean>;
