import type { z } from 'zod';

/** What a value has to be, for people. */
const nouns: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
  date: 'a time',
};

/**
 * What is wrong with a value, in words that say what to write instead: "must be a whole number", "must be at most 200".
 * A message that a schema brings of its own is kept as it is.
 */
export function explainIssue(issue: z.core.$ZodIssue): string {
  if (!/^(Invalid|Too|Unrecognized|Number must)\b/.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type': {
      const noun = nouns[issue.expected];
      if (issue.message.endsWith('received undefined'))
        return noun === undefined ? 'is required' : `is required and must be ${noun}`;
      return noun === undefined ? issue.message : `must be ${noun}`;
    }
    case 'invalid_value':
      return issue.values.length === 1
        ? `must be ${shown(issue.values[0])}`
        : `must be one of ${issue.values.map(shown).join(', ')}`;
    case 'too_small':
      return atLeast(issue.origin, issue.minimum, issue.inclusive !== false) ?? issue.message;
    case 'too_big':
      return atMost(issue.origin, issue.maximum, issue.inclusive !== false) ?? issue.message;
    case 'unrecognized_keys':
      return `has no member ${issue.keys.map(shown).join(', ')}`;
    case 'invalid_union':
      return anyOf(issue.errors) ?? 'has none of the forms that are taken';
    case 'invalid_format':
      return 'prefix' in issue && typeof issue.prefix === 'string'
        ? `must begin with ${shown(issue.prefix)}`
        : issue.message;
    default:
      return issue.message;
  }
}

function atLeast(origin: string, least: number | bigint, inclusive: boolean): string | undefined {
  if (origin === 'string') return least === 1 ? 'must not be empty' : `must have at least ${least} characters`;
  if (origin === 'array') return least === 1 ? 'must not be empty' : `must have at least ${least} items`;
  return origin === 'number' || origin === 'int'
    ? `must be ${inclusive ? 'at least' : 'more than'} ${least}`
    : undefined;
}

function atMost(origin: string, most: number | bigint, inclusive: boolean): string | undefined {
  if (origin === 'string') return `must have at most ${most} characters`;
  if (origin === 'array') return `must have at most ${most} items`;
  return origin === 'number' || origin === 'int' ? `must be ${inclusive ? 'at most' : 'less than'} ${most}` : undefined;
}

/** "must be text or a list", when each form was refused for its type alone. */
function anyOf(errors: readonly (readonly z.core.$ZodIssue[])[]): string | undefined {
  const forms = new Set<string>();
  for (const [issue, ...more] of errors) {
    const text = issue === undefined || more.length > 0 || issue.path.length > 0 ? '' : explainIssue(issue);
    if (!text.startsWith('must be ')) return undefined;
    forms.add(text.slice('must be '.length));
  }
  return forms.size === 0 ? undefined : `must be ${[...forms].join(' or ')}`;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
