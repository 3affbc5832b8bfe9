import { route } from '@annex/sdk';
const seen = async (ctx) => ({
  body: await ctx.request.text(),
  authorization: ctx.request.headers.get('authorization'),
});
const post = (auth) => ({ methods: ['POST'], auth });
route('/shopify', post({ hmac: { secret: 'KEY', scheme: 'shopify' } }), seen);
route('/trello', post({ hmac: { secret: 'KEY', scheme: 'trello' } }), seen);
route('/square', post({ hmac: { secret: 'KEY', scheme: 'square', url: 'https://public.example/square' } }), seen);
route(
  '/sha1',
  post({
    hmac: { secret: 'KEY', scheme: 'hmac', header: 'X-Mac', algorithm: 'sha1', encoding: 'base64', prefix: 'v=' },
  }),
  seen,
);
route('/bearer', post({ token: { secret: 'KEY' } }), seen);
route('/basic', post({ token: { secret: 'LOGIN', scheme: 'basic' } }), seen);
route('/gitlab', post({ token: { secret: 'KEY', scheme: 'gitlab' } }), seen);
route('/token', post({ token: { secret: 'KEY', header: 'X-Own' } }), seen);
route('/member', post('member'), seen);
