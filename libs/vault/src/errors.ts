import { defineErrors } from '@annex/kernel';

export const vaultErrors = defineErrors('vault', {
  INVALID_SECRET: { title: 'The secret is not valid', status: 422, fault: 'caller' },
  SECRET_NOT_FOUND: { title: 'No such secret', status: 404, fault: 'caller' },
  PLUGIN_NOT_FOUND: { title: 'There is no such plugin', status: 404, fault: 'caller' },
  SECRET_LIMIT: { title: 'Too many secrets', status: 409, fault: 'limit' },
  MASTER_KEY_MISSING: { title: 'A master key is missing', status: 500, fault: 'platform' },
  SECRET_DAMAGED: { title: 'A secret cannot be opened', status: 500, fault: 'platform' },
});
