import { defineErrors } from '@annex/kernel';

/** What can be wrong with a request about a tenant's settings. */
export const settingErrors = defineErrors('settings', {
  SETTING_KEY_INVALID: { title: 'The key is no key of a setting', status: 422, fault: 'caller' },
  SETTING_NOT_FOUND: { title: 'There is no such setting', status: 404, fault: 'caller' },
  SETTING_TOO_LARGE: { title: 'The value is too large or too deep', status: 422, fault: 'limit' },
  SETTING_CHANGED: { title: 'The setting is not what the caller read', status: 412, fault: 'caller' },
  SETTING_HISTORY_GONE: { title: 'Changes so far back are not kept', status: 410, fault: 'caller' },
  WATCH_NOT_FOUND: { title: 'The plugin watches no settings', status: 404, fault: 'caller' },
  CURSOR_INVALID: { title: 'The cursor does not come from this list', status: 422, fault: 'caller' },
});

/** Throws `CURSOR_INVALID`. */
export function refuseCursor(): never {
  const detail = 'is none that this list answered; leave it out to begin at the start.';
  throw settingErrors.error('CURSOR_INVALID', `The cursor: ${detail}`, {
    errors: [{ pointer: '/cursor', code: 'CURSOR', detail }],
  });
}
