/** The form of a plugin's settings, made of its JSON Schema. Its own file: most screens need none of it. */
import '@mantine/dates/styles.css';
import { Button } from '@mantine/core';
import Form from '@rjsf/mantine';
import type { RJSFSchema } from '@rjsf/utils';
import type { ReactNode } from 'react';
import schemaValidator from './schema-validator';

export default function SettingsForm({
  schema,
  value,
  isReadOnly,
  isSaving,
  onSave,
}: {
  schema: Record<string, unknown>;
  value: Record<string, unknown>;
  isReadOnly: boolean;
  isSaving: boolean;
  onSave: (value: Record<string, unknown>) => void;
}): ReactNode {
  return (
    <Form
      schema={schema as RJSFSchema}
      formData={value}
      validator={schemaValidator}
      readonly={isReadOnly}
      showErrorList={false}
      noHtml5Validate
      onSubmit={({ formData }) => onSave((formData ?? {}) as Record<string, unknown>)}
      uiSchema={{ 'ui:submitButtonOptions': { norender: isReadOnly } }}
    >
      {isReadOnly ? (
        <></>
      ) : (
        <Button type="submit" mt="md" loading={isSaving}>
          Save
        </Button>
      )}
    </Form>
  );
}
