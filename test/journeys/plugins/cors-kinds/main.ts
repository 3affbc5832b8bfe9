import { route } from '@annex/sdk';
route('/own', { auth: 'public', cors: { origins: ['https://a.example'] } }, () => ({ ok: true }));
route('/any', { auth: 'public', cors: { origins: '*' } }, () => ({ ok: true }));
route('/none', { auth: 'public', cors: false }, () => ({ ok: true }));
