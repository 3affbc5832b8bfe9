// The parts of @annex/client that come out of the API's description: its types, and which request each name stands for.
import openapiTypescript, { astToString } from 'openapi-typescript';
import ts from 'typescript';

const head = '// Written by `npm run docs` out of docs/openapi.json; change the controllers of the api instead.\n';
/** A file in a form. */
const blob = ts.factory.createTypeReferenceNode('Blob');

/**
 * The text of each file of `libs/client/src/generated`, by name. Throws when openapi-typescript refuses the document.
 */
export async function clientSources(document) {
  const types = await openapiTypescript(structuredClone(document), {
    alphabetize: true,
    rootTypes: true,
    rootTypesNoSchemaPrefix: true,
    rootTypesKeepCasing: true,
    silent: true,
    transform: ({ contentMediaType }) => (contentMediaType === 'application/octet-stream' ? blob : undefined),
  });
  return new Map([
    ['api.ts', `${head}${astToString(types)}${eventTypes(document)}`],
    ['calls.ts', `${head}${calls(document)}`],
  ]);
}

const methods = ['get', 'put', 'post', 'patch', 'delete', 'options'];

function operationsOf({ paths }) {
  return Object.entries(paths)
    .flatMap(([path, item]) =>
      methods.filter((method) => method in item).map((method) => ({ path, method, ...item[method] })),
    )
    .sort((one, other) => (one.operationId < other.operationId ? -1 : 1));
}

const successes = ({ responses }) =>
  Object.entries(responses)
    .filter(([status]) => /^2/.test(status))
    .map(([, answer]) => answer);

function calls(document) {
  const lines = operationsOf(document).map((operation) => {
    const contents = successes(operation).flatMap(({ content }) => Object.keys(content ?? {}));
    const answers = contents.some((type) => type !== 'application/json') ? 'raw' : 'json';
    const [body] = Object.keys(operation.requestBody?.content ?? {});
    const sends =
      body === 'multipart/form-data' ? 'form' : body === undefined || body === 'application/json' ? 'json' : 'bytes';
    const entry = [operation.method, operation.path, answers, sends, operation['x-annex-gate'] ?? 'public'];
    return `  ${operation.operationId}: [${entry.map((each) => `'${each}'`).join(', ')}],\n`;
  });
  return (
    `/** Method and path of each call, what it answers, what it sends, and who may make it. */\nexport const calls = ` +
    `{\n${lines.join('')}} as const;\n`
  );
}

/** What the events of each stream hold. */
function eventTypes(document) {
  const lines = operationsOf(document).flatMap((operation) =>
    successes(operation).flatMap(({ content }) => {
      const name = content?.['text/event-stream']?.schema?.contentSchema?.$ref?.split('/').at(-1);
      return name ? [`    ${operation.operationId}: ${name};\n`] : [];
    }),
  );
  return `export interface events {\n${lines.join('')}}\n`;
}
