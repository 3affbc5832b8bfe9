import type { CheckPackageOptions } from '@annex/manifest';
import type { Sandbox } from '@annex/sandbox';

/** How often an entry is run that got no executor in time. */
const maxTries = 12;

/**
 * Runs entries in a sandbox of one's own. A busy machine takes longer to start an executor than a server would wait;
 * that is no fault of the plugin, so it is begun again.
 */
export function patientInspect(sandbox: Pick<Sandbox, 'inspect'>): CheckPackageOptions['inspect'] {
  return async (bundle) => {
    for (let tries = 1; ; tries += 1) {
      const said = await sandbox.inspect(bundle);
      if (said.ok || said.error.code !== 'OVERLOADED' || tries === maxTries) return said;
    }
  };
}
