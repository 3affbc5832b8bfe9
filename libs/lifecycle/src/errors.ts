import { defineErrors } from '@annex/kernel';

/** Errors of this library. How runs end stands in `outcomes.ts`. */
export const lifecycleErrors = defineErrors('lifecycle', {
  RUN_MOVE_REFUSED: { title: 'A run cannot go from its status to that one', status: 409, fault: 'caller' },
});
