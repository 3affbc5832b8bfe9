import { defineErrors } from '@annex/kernel';

/** What can be wrong with an event somebody hands in. */
export const eventErrors = defineErrors('events', {
  EVENT_INVALID: { title: 'The event is not valid', status: 422, fault: 'caller' },
  EVENT_TYPE_RESERVED: { title: 'The event type belongs to the platform', status: 422, fault: 'plugin' },
});
