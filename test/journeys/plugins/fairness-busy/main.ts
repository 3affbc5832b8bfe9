import { job, route } from '@annex/sdk';
const burn = (ms) => {
  const end = Date.now() + ms;
  while (Date.now() < end);
  return 'burnt';
};
job('burn', () => burn(1500));
job('quick', () => 'quick');
route('/ping', () => ({ pong: true }));
route('/burn', () => burn(150));
