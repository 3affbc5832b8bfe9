import { filter, hook, job } from '@annex/sdk';
job('chore', () => 1);
job('fail', () => {
  throw new Error('no');
});
job('hang', () => new Promise(() => {}));
hook('a.b', () => 1);
filter('price.quote', (ctx, value) => value);
