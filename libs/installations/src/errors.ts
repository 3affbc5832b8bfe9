import { defineErrors } from '@annex/kernel';

/** What can be wrong with a request about a tenant's plugins. */
export const installationErrors = defineErrors('installations', {
  PLUGIN_NOT_FOUND: { title: 'There is no such plugin', status: 404, fault: 'caller' },
  RELEASE_NOT_FOUND: { title: 'The plugin has no such release', status: 404, fault: 'caller' },
  JOB_NOT_FOUND: { title: 'There is no such job', status: 404, fault: 'caller' },
  CURSOR_INVALID: { title: 'The cursor does not come from this list', status: 400, fault: 'caller' },
  ROLE_REQUIRED: { title: 'The role does not allow this', status: 403, fault: 'policy' },
  PACKAGE_INVALID: { title: 'The package has faults', status: 422, fault: 'caller' },
  GRANT_INVALID: { title: 'A permission cannot be granted', status: 422, fault: 'caller' },
  CONFIG_INVALID: { title: 'The settings do not fit the plugin’s schema', status: 422, fault: 'caller' },
  CONFIG_CHANGED: { title: 'The settings are not those that the request expects', status: 412, fault: 'caller' },
  REVISION_NOT_FOUND: { title: 'The settings have no such revision', status: 404, fault: 'caller' },
  CONFIG_TOO_LARGE: { title: 'The settings are too large', status: 413, fault: 'caller' },
  SCHEDULE_INVALID: { title: 'The job cannot follow this schedule', status: 422, fault: 'caller' },
  REQUIREMENTS_MISSING: { title: 'The plugin lacks something that enabling needs', status: 409, fault: 'policy' },
  UPGRADE_BLOCKED: { title: 'The release cannot take the place of the one that runs', status: 409, fault: 'policy' },
  PLUGIN_UNINSTALLING: { title: 'The plugin is being uninstalled', status: 409, fault: 'policy' },
  RELEASE_QUARANTINED: { title: 'Operators keep this code from running', status: 403, fault: 'policy' },
  QUARANTINE_NOT_FOUND: { title: 'There is no such quarantine', status: 404, fault: 'caller' },
  PLUGIN_NEEDED: { title: 'Enabled plugins depend on this one', status: 409, fault: 'policy' },
  VERSION_AMBIGUOUS: { title: 'Several releases carry this version', status: 409, fault: 'caller' },
  PLUGINS_BUSY: { title: 'Another change to this tenant’s plugins is under way', status: 409, fault: 'platform' },
});

/** Throws `CURSOR_INVALID`. */
export function refuseCursor(): never {
  throw installationErrors.error(
    'CURSOR_INVALID',
    'The cursor is not one that this list answered. Leave it out to begin at the start.',
  );
}
