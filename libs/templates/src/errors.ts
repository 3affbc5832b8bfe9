import { defineErrors } from '@annex/kernel';

/** Errors of rendering a package's Liquid templates. */
export const templateErrors = defineErrors('templates', {
  TEMPLATE_NOT_FOUND: { title: 'The package has no such template', status: 404, fault: 'plugin' },
  TEMPLATE_INVALID: { title: 'The template has a fault', status: 422, fault: 'plugin' },
  TEMPLATE_LIMIT: { title: 'Rendering the template reached a limit', status: 422, fault: 'limit' },
});
