import type { Page } from './page.js';

/** Where the link for a new password leads. */
export const passwordResetPage: Page = {
  path: '/password-reset',
  title: 'Choose a new password',
  body: `
<form id="reset">
  <label>New password, at least 8 characters
    <input name="password" type="password" required minlength="8" maxlength="1024" autocomplete="new-password"></label>
  <label><input name="end_tokens" type="checkbox">End my API tokens too</label>
  <button>Set the password</button>
</form>`,
  script: `
annex.form('reset', async (fields) => {
  await annex.send('/api/auth/password-reset/use', {
    token: annex.token,
    new_password: fields.get('password'),
    end_tokens: fields.get('end_tokens') !== null,
  });
  annex.end('Your password was changed', 'Every sign-in with the old one has ended. Sign in with the new one.');
});
`,
};
