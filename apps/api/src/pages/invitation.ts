import type { Page } from './page.js';

/** Where the link of an invitation leads. */
export const invitationPage: Page = {
  path: '/invitation',
  title: 'Invitation',
  body: `
<p id="offer">One moment …</p>
<form id="accept" hidden>
  <label>Address<input id="email" name="email" type="email" autocomplete="username" readonly></label>
  <label>Name<input name="name" maxlength="100" autocomplete="name"></label>
  <label>Password, at least 8 characters
    <input name="password" type="password" required minlength="8" maxlength="1024" autocomplete="new-password"></label>
  <button>Accept</button>
</form>`,
  script: `
annex.send('/api/invitations/preview', { token: annex.token }).then(
  ({ tenant, email, role, invited_by: by }) => {
    annex.at('title').textContent = 'Join ' + tenant.name;
    annex.at('offer').textContent = (by ?? 'An administrator') + ' invites you to ' + tenant.name + ' as ' + role + '.';
    annex.at('email').value = email;
    annex.at('accept').hidden = false;
  },
  (fault) => annex.end('This invitation cannot be accepted', fault.message),
);
annex.form('accept', async (fields) => {
  const name = fields.get('name').trim();
  const password = fields.get('password');
  const { user, tenants } = await annex.send('/api/invitations/accept', {
    token: annex.token,
    password,
    ...(name && { name }),
  });
  annex.end('Welcome', 'You belong to ' + tenants[0].name + ' now. Sign in as ' + user.email + ' with your password.');
});
`,
};
