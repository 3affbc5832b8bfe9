/**
 * Mistakes that reading the code shows, and that an upload lets through because reading is not running: a call that
 * `ctx` does not have, a name that the manifest does not declare. Reads on the caller's own thread, so it is for the
 * author's machine and no part of an upload.
 */
import { eventNameFault, isReservedEventName } from '@annex/events';
import { permissionNames } from '@annex/host-api';
import { didYouMean, quote, type InputFault, type JsonObject } from '@annex/kernel';
import type { PackageReport } from '../check-package.js';
import type { Place } from '../reach/messages.js';
import type { Manifest } from '../schema/manifest.js';
import { namesOf } from './ctx-names.js';
import type { Mention, NamingCall } from './mentions.js';
import { readMentions } from './read-mentions.js';

/** What a package holds, as far as names in its code mean something. */
type Linted = Required<Pick<PackageReport, 'manifest' | 'bundle' | 'files' | 'webhooks'>>;

export interface LintOptions {
  /** Whether one of the files of `templates/`, named without that folder, is meant by a name. */
  hasTemplate(files: readonly string[], name: string): boolean;
}

/**
 * Every mistake, in the order of the bundle; `detail` begins with `file:line: `. Empty for a package whose check did
 * not get as far as a bundle, and for code that is too large to be read.
 */
export function lintPackage(report: PackageReport, options: LintOptions): InputFault[] {
  const { manifest, bundle, files, webhooks } = report;
  if (manifest === undefined || bundle === undefined) return [];
  const linted = { manifest, bundle, files, webhooks };
  return readMentions(bundle)
    .filter(({ file }) => !/(^|\/)node_modules\/|^\w+:/.test(file))
    .flatMap((mention) => {
      const fault = judge(mention, linted, options);
      return fault ? [{ ...fault, detail: `${mention.file}:${mention.line}: ${fault.detail}` }] : [];
    });
}

function judge(mention: Mention & Place, linted: Linted, options: LintOptions): InputFault | undefined {
  switch (mention.kind) {
    case 'unknown':
      return unknownMember(mention);
    case 'setting':
      return unknownSetting(mention.name, linted.manifest);
    case 'name':
      return wrongName(mention.call, mention.name, linted, options);
  }
}

function unknownMember({ part, name }: { part: string; name: string }): InputFault {
  const has = [...(namesOf(part) ?? [])].sort();
  const whole = part === '' ? 'ctx' : `ctx.${part}`;
  return {
    pointer: '/entry',
    code: 'CTX_UNKNOWN',
    detail: `${whole} has no ${quote(name)}.${didYouMean(name, has)} It has ${has.join(', ')}.`,
  };
}

/** Only where the schema says that there are no other settings. */
function unknownSetting(name: string, { config }: Manifest): InputFault | undefined {
  if (config === null)
    return {
      pointer: '/config',
      code: 'SETTING_UNKNOWN',
      detail:
        `ctx.config.${name} is never there: plugin.json has no "config". Add ` +
        `"config": { "type": "object", "properties": { ${quote(name)}: { … } } }.`,
    };
  const properties = Object.keys((config['properties'] as JsonObject | undefined) ?? {});
  if (config['additionalProperties'] !== false || properties.includes(name)) return undefined;
  return {
    pointer: '/config/properties',
    code: 'SETTING_UNKNOWN',
    detail:
      `ctx.config.${name} is never there: "config" of plugin.json does not name it.${didYouMean(name, properties)} ` +
      `Add it to "properties".`,
  };
}

const code = {
  secret: 'SECRET_UNDECLARED',
  job: 'JOB_UNKNOWN',
  template: 'TEMPLATE_MISSING',
  webhook: 'WEBHOOK_UNKNOWN',
  agent: 'AGENT_UNKNOWN',
  plugin: 'DEPENDENCY_UNDECLARED',
  permission: 'PERMISSION_UNKNOWN',
  event: 'EVENT_NAME',
} as const;

function wrongName(
  call: NamingCall,
  name: string,
  { manifest, files, webhooks }: Linted,
  { hasTemplate }: LintOptions,
): InputFault | undefined {
  const unless = (
    known: readonly string[],
    what: keyof typeof code,
    pointer: string,
    instead: string,
  ): InputFault | undefined =>
    known.includes(name)
      ? undefined
      : { pointer, code: code[what], detail: `ctx.${call}: ${instead}${didYouMean(name, known)}` };
  switch (call) {
    case 'secrets.get':
    case 'secrets.has':
    case 'secrets.ref': {
      const declared = manifest.secrets.map((each) => each.name);
      const what = `the manifest declares no secret ${quote(name)}; add it to "secrets" of plugin.json.`;
      return unless(declared, 'secret', '/secrets', what);
    }
    case 'jobs.runNow': {
      const jobs = manifest.jobs.map((each) => each.name);
      return unless(jobs, 'job', '/jobs', `the plugin has no job ${quote(name)}; add it to "jobs" of plugin.json.`);
    }
    case 'templates.render':
    case 'email.send': {
      const templates = [...files.keys()].flatMap((path) => /^templates\/(.+)$/.exec(path)?.[1] ?? []);
      if (hasTemplate(templates, name)) return undefined;
      const what = `there is no template ${quote(name)}; add templates/${name}.html to the package.`;
      return unless(
        templates.filter((each) => each !== name),
        'template',
        '/entry',
        what,
      );
    }
    case 'webhooks.send': {
      const what = `the package has no webhook ${quote(name)}; add webhooks/${name}.yaml.`;
      return unless(
        webhooks.filter(({ agent }) => agent === undefined).map((each) => each.name),
        'webhook',
        '/entry',
        what,
      );
    }
    case 'agents.send': {
      const what = `the package has no agent ${quote(name)}; add agents/${name}.yaml.`;
      return unless(
        webhooks.filter(({ agent }) => agent !== undefined).map((each) => each.name),
        'agent',
        '/entry',
        what,
      );
    }
    case 'plugins.call': {
      const what = `${quote(name)} is not named in "dependencies" of plugin.json; add { ${quote(name)}: "^1.0.0" }.`;
      return unless(Object.keys(manifest.dependencies), 'plugin', '/dependencies', what);
    }
    case 'permissions.has': {
      const what = `there is no permission ${quote(name)}; there are ${permissionNames.join(', ')}.`;
      return unless(permissionNames, 'permission', '/permissions', what);
    }
    case 'emit':
      return emittedName(name);
  }
}

function emittedName(name: string): InputFault | undefined {
  const wrong = eventNameFault(name);
  const reserved = isReservedEventName(name)
    ? `events called ${quote(name)} are the platform's; choose a name of your own, such as ` +
      `"orders.${name.split('.').at(-1)}".`
    : undefined;
  const detail = wrong ?? reserved;
  return detail === undefined ? undefined : { pointer: '/entry', code: code.event, detail: `ctx.emit: ${detail}` };
}
