/** Every fault that the command line itself can have; docs/errors.md lists them. Others are the server's. */
export const cliCodes = {
  COMMAND_LINE: {
    title: 'The command line cannot be meant',
    wayOut: 'Write what the message says; `--help` of the command lists what it takes.',
  },
  CONFIRM: { title: 'What had to be repeated was something else', wayOut: 'Repeat the name that the message gives.' },
  DECLINED: { title: 'The question was answered with no', wayOut: 'Nothing was done. Answer yes, or say `--yes`.' },
  FAILED: {
    title: 'Something failed that has no code',
    wayOut: 'Read the message; `annex doctor` looks for what keeps the command line from working.',
  },
  FILE_EXISTS: {
    title: 'A file that would be written is there already',
    wayOut: 'Name another folder with `--out`, or say `--force` to write over it.',
  },
  FILE_INVALID: {
    title: 'A file that was given has faults',
    wayOut: 'Mend what is listed above the message, with file and line.',
  },
  FIXTURES_INVALID: {
    title: '`fixtures/http.json` is no list of answers',
    wayOut: 'Write a list of `{ "method", "url", "status", "headers", "body" }`.',
  },
  FOLDER_NOT_EMPTY: { title: 'The folder holds something already', wayOut: 'Name a folder that is new or empty.' },
  INTERRUPTED: { title: 'A question was left with Ctrl-C', wayOut: 'Nothing was done. Run it again.' },
  JSON_INVALID: {
    title: 'A text that was given is not JSON',
    wayOut: 'Put it in single quotes: `\'{"a":1}\'`. `@file` and `-` read a file and standard input.',
  },
  NOBODY_TO_ASK: {
    title: 'Something is missing, and no terminal reads',
    wayOut: 'Give what is asked for as the option that the message names.',
  },
  NOTHING_NAMED: { title: 'No ids, no filter and no `--all`', wayOut: 'Name what is meant.' },
  NOT_INSTALLED: { title: 'A package that `package.json` names is not installed', wayOut: '`npm install`.' },
  NOT_PACKED: {
    title: 'The folder of `--packages` lacks a packed file',
    wayOut: '`npm run pack:packages` in the folder of Annex.',
  },
  NOT_REPLAYABLE: { title: 'The run’s input is not kept', wayOut: 'Replay an event, a job or a filter.' },
  NOT_SIGNED_IN: {
    title: 'There is no address or no token',
    wayOut: '`annex login`, or set `ANNEX_URL` and `ANNEX_TOKEN`.',
  },
  NO_EARLIER_RELEASE: {
    title: 'No release came before the active one',
    wayOut: 'Name a version; `annex releases ls <plugin>` lists them.',
  },
  NO_PLUGIN: {
    title: 'The folder holds no `plugin.json`',
    wayOut: 'Name the plugin’s folder, or make one with `annex init <folder>`.',
  },
  NO_TESTS: {
    title: 'The plugin has no tests',
    wayOut:
      'Write `main.test.ts` with `openPlugin` of `@annex/sdk/testing`, in Python `test_main.py` with `annex.testing`.',
  },
  NO_TOKEN: { title: 'Annex made a token and did not show it', wayOut: 'Sign in again.' },
  PACKAGE_INVALID: {
    title: 'The package has faults',
    wayOut: 'Mend what is listed above the message, with file and line.',
  },
  PROFILES_UNREADABLE: {
    title: '`profiles.json` cannot be read',
    wayOut: 'Mend or remove the file that the message names, and sign in again.',
  },
  ROLE_INVALID: { title: 'There is no such role', wayOut: 'Write viewer, member, developer, admin or owner.' },
  SECRET_EMPTY: {
    title: 'The secret’s value is empty',
    wayOut: 'Send the value to standard input; `annex secrets rm` removes one.',
  },
  SLUG_INVALID: {
    title: 'No slug can be made of the name',
    wayOut: 'Say `--slug` with small letters, digits, `-` and `_`.',
  },
  TESTS_FAILED: { title: 'Tests failed', wayOut: 'Mend what the runner printed.' },
  TOKEN_INVALID: { title: 'What was given is no token', wayOut: 'Give one such as `annex_…`.' },
  TYPES_OLD: { title: '`annex-env.d.ts` is not what `plugin.json` says', wayOut: '`annex typegen`.' },
  UNKNOWN_PROFILE: {
    title: 'There is no such profile',
    wayOut: '`annex profiles` lists them; `annex login --profile <name>` makes one.',
  },
  UNKNOWN_SHELL: { title: 'There is no completion for that shell', wayOut: 'Write bash, zsh or fish.' },
  UNKNOWN_TEMPLATE: { title: 'There is no such template', wayOut: 'Write one that the message lists.' },
  UNREACHABLE: {
    title: 'Nobody answers at the address',
    wayOut: 'Start Annex, or give another address; `annex doctor` looks.',
  },
  URL_INVALID: { title: 'What was given is no address', wayOut: 'Give one such as `https://annex.example.com`.' },
} as const;

export type CliCode = keyof typeof cliCodes;
