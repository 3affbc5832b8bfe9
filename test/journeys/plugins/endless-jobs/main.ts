import { job } from '@annex/sdk';
job('wait', () => new Promise(() => {}));
job('spin', () => {
  for (;;);
});
