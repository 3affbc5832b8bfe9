import { defineErrors } from '@annex/kernel';

/** What can be wrong with a request about webhooks. How deliveries end stands in libs/runs. */
export const webhookErrors = defineErrors('webhooks', {
  WEBHOOK_NOT_FOUND: { title: 'No such webhook', status: 404, fault: 'caller' },
  WEBHOOK_EXISTS: { title: 'The name of the webhook is taken', status: 409, fault: 'caller' },
  WEBHOOK_INVALID: { title: 'The webhook is not valid', status: 422, fault: 'caller' },
  WEBHOOK_OF_PACKAGE: { title: 'The webhook belongs to a package', status: 409, fault: 'caller' },
  WEBHOOK_LIMIT: { title: 'The tenant has as many webhooks or sources as it may have', status: 409, fault: 'limit' },
  AGENT_NOT_FOUND: { title: 'No such agent', status: 404, fault: 'caller' },
  QUESTION_NOT_FOUND: { title: 'No such question', status: 404, fault: 'caller' },
  QUESTION_DECIDED: { title: 'The question waits for no decision', status: 409, fault: 'caller' },
  QUESTION_ENDED: { title: 'The question has ended already', status: 409, fault: 'caller' },
  DELIVERY_NOT_FOUND: { title: 'No such delivery', status: 404, fault: 'caller' },
  DELIVERY_NOT_ENDED: { title: 'The delivery has not ended yet', status: 409, fault: 'caller' },
  SECRET_UNFIT: { title: 'The secret does not fit where the package puts it', status: 422, fault: 'caller' },
  HOOK_NOT_FOUND: { title: 'There is no such source of webhooks', status: 404, fault: 'caller' },
  HOOK_INVALID: { title: 'The source is not valid', status: 422, fault: 'caller' },
  HOOK_UNVERIFIED: { title: 'The sender did not send the agreed token', status: 403, fault: 'caller' },
  HOOK_METHOD: { title: 'The method is not allowed here', status: 405, fault: 'caller' },
  HOOK_ENCODING: { title: 'The encoding of the body is not supported', status: 415, fault: 'caller' },
  HOOK_BODY: { title: 'The body or the query cannot be read', status: 400, fault: 'caller' },
  INVALID_SIGNATURE: { title: 'The signature does not match', status: 401, fault: 'caller' },
  CURSOR_INVALID: { title: 'The cursor does not come from this list', status: 422, fault: 'caller' },
});

/** Throws `CURSOR_INVALID`. */
export function refuseCursor(): never {
  throw webhookErrors.error(
    'CURSOR_INVALID',
    'The cursor is not one that this list answered. Leave it out to begin at the start.',
  );
}
