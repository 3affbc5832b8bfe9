import { route } from '@annex/sdk';
import { save } from './lib/save';
route('/read', async (ctx) => {
  const { db } = ctx;
  return db.query('users', {});
});
route('/save', async (ctx) => save(ctx));
route('/send', async (ctx) => ctx.http.post('https://api.closed.test/hook', {}));
route('/which', (ctx) => ['db.read', 'db.write', 'llm.use', 'nonsense'].map((name) => ctx.permissions.has(name)));
route('/fail', async () => {
  throw new Error('it broke');
});
