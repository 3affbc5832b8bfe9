/** What the code of a release can reach, as people see it: on the report of a package and on the permission screen. */
import { findHostCall, type PermissionName } from '@annex/host-api';
import { reachHosts, type BundleReach, type Manifest, type Place } from '@annex/manifest';

export interface ReachView {
  /** Host calls in the code. `permission`: what each needs, or `null`. */
  used: ({ call: string; permission: PermissionName | null } & Place)[];
  /** URL literals' hosts, and whether the manifest's `http.allow` opens them. */
  hosts: ({ host: string; allowed: boolean } & Place)[];
  /**
   * Where `ctx`, or the part that `within` names (`''`: all of it), goes out of sight: there may be more than is
   * listed. `http` also where the host of a request is not written out; `from`: the setting that it comes from, such as
   * `config.base`, if that can be seen.
   */
  dynamic: ({ within: string; from?: string } & Place)[];
  /** `false`: the code was not read, or could not be. */
  complete: boolean;
}

export function viewReach(reach: BundleReach | undefined, manifest: Pick<Manifest, 'http'> | undefined): ReachView {
  if (reach === undefined) return { used: [], hosts: [], dynamic: [], complete: false };
  return {
    used: reach.calls.map(({ call, file, line }) => ({
      call,
      permission: findHostCall(call)?.permission ?? null,
      file,
      line,
    })),
    hosts: manifest ? reachHosts(reach, manifest) : [],
    dynamic: reach.dynamic,
    complete: reach.complete,
  };
}
