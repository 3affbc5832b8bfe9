import { Validator } from '@cfworker/json-schema';
import { createErrorHandler, toErrorSchema, unwrapErrorHandler, validationDataMerge } from '@rjsf/utils';
import type {
  CustomValidator,
  ErrorTransformer,
  RJSFSchema,
  RJSFValidationError,
  ValidationData,
  ValidatorType,
} from '@rjsf/utils';

/**
 * Checks forms by their schema without making code of it: the page's policy refuses `eval`, which Ajv lives on. The
 * server checks again and has the last word.
 */
class SchemaValidator implements ValidatorType {
  validateFormData(
    formData: unknown,
    schema: RJSFSchema,
    customValidate?: CustomValidator,
    transformErrors?: ErrorTransformer,
  ): ValidationData<unknown> {
    const found = faultsOf(schema, formData);
    const errors = transformErrors ? transformErrors(found) : found;
    const result = { errors, errorSchema: toErrorSchema(errors) };
    if (!customValidate) return result;
    const handler = customValidate(formData, createErrorHandler(formData));
    return validationDataMerge(result, unwrapErrorHandler(handler));
  }

  isValid(schema: RJSFSchema, formData: unknown, rootSchema: RJSFSchema): boolean {
    const whole = rootSchema['definitions'] || rootSchema['$defs'] ? { ...rootSchema, ...schema } : schema;
    return validate(whole, formData).valid;
  }

  rawValidation<Result>(schema: RJSFSchema, formData?: unknown): { errors?: Result[] } {
    return { errors: validate(schema, formData).errors as Result[] };
  }

  reset(): void {
    // Nothing is kept between forms.
  }
}

function validate(
  schema: RJSFSchema,
  value: unknown,
): { valid: boolean; errors: { instanceLocation: string; keyword: string; error: string }[] } {
  try {
    return new Validator(schema as object, '2020-12', false).validate(value ?? {});
  } catch {
    // A schema that only the server understands.
    return { valid: true, errors: [] };
  }
}

function faultsOf(schema: RJSFSchema, value: unknown): RJSFValidationError[] {
  const leaves = validate(schema, value).errors.filter(
    ({ keyword }) => keyword !== 'properties' && keyword !== 'items',
  );
  return leaves.map(({ instanceLocation, keyword, error }) => ({
    name: keyword,
    property: instanceLocation.replace(/^#/, '').replaceAll('/', '.') || '.',
    message: error,
    stack: error,
  }));
}

export default new SchemaValidator();
