import type { SandboxTier } from '@annex/sandbox';
import { demoUser, type Demo } from './demo.js';

/** Prints what a newcomer needs: where it is, how to sign in, and lines to copy that work. */
export function printPanel({
  url,
  demo,
  tier,
  keepsMail,
}: {
  url: string;
  demo: Demo;
  tier: SandboxTier;
  /** No mail server is configured. */
  keepsMail: boolean;
}): void {
  if (demo.tenant === undefined || demo.token === undefined) return printShortPanel({ url, demo, tier });
  const auth = `-H "Authorization: Bearer ${demo.token}"`;
  const json = `-H 'content-type: application/json'`;
  const rule = '─'.repeat(78);
  const signIn = demo.signsIn ? ` / ${demoUser.password}   (owner of the tenant, and operator)` : ownPassword;
  const mailGoes = keepsMail ? 'kept here, since SMTP_URL is not set' : 'sent';
  const plugins = demo.plugins.map(({ slug, status }) => `${slug} (${status})`).join(', ');
  console.log(`
${rule}
  Annex is ready on ${url}        console: ${url}/console        REST API: ${url}/docs

  tenant    ${demo.tenant}
  sign in   ${demoUser.email}${signIn}
  token     ${demo.token}
            (acts in every tenant; name another in X-Tenant-Slug)
  plugins   ${plugins}
  sandbox   ${describe(tier)}

  Upload a ZIP (this one is examples/plugins/daily-kpi):
    curl -s ${auth} -F 'file=@${demo.zip}' -F enable=true ${url}/api/plugins/upload

  Call its route:
    curl -s ${auth} ${url}/ext/daily-kpi/reports

  Set a secret:
    curl -s -X PUT ${auth} ${json} -d '{"value":"xoxb-…"}' ${url}/api/plugins/slack-notifier/secrets/SLACK_BOT_TOKEN

  Run a job now, and wait for its result:
    curl -s -X POST ${auth} ${json} -d '{}' '${url}/api/plugins/daily-kpi/jobs/daily_report/run-now?wait=30'

  Send a test event:
    curl -s ${auth} ${json} -d '{"event_type":"order.paid","event_data":{"total":12.5}}' ${url}/api/plugins/test-event

  Make a user: the plugin welcome-email writes to it, and the mail is ${mailGoes}:
    curl -s ${auth} ${json} -d '{"email":"ada@example.com","role":"member"}' ${url}/api/users
    curl -s ${auth} ${url}/api/mail

  Ctrl-C stops everything.
${rule}
`);
}

const ownPassword = ', with the password that you gave it';

/** Without a demo tenant: where Annex is, who signs in, and why there is none. */
function printShortPanel({ url, demo, tier }: { url: string; demo: Demo; tier: SandboxTier }): void {
  const rule = '─'.repeat(78);
  console.log(`
${rule}
  Annex is ready on ${url}        console: ${url}/console        REST API: ${url}/docs

  tenant    no demo tenant. ${demo.why ?? ''}
  sign in   ${demoUser.email}${demo.signsIn ? ` / ${demoUser.password}   (operator)` : ownPassword}
  sandbox   ${describe(tier)}

  Ctrl-C stops everything.
${rule}
`);
}

function describe(tier: SandboxTier): string {
  const layers = [
    tier.ownUser && 'own user',
    tier.noNewPrivileges && 'no new privileges',
    tier.resourceLimits && 'resource limits',
    tier.noNetwork && 'no network',
    tier.ownProcesses && 'own process ids',
    tier.fewSystemCalls && 'few system calls',
    tier.fewFiles && 'few files',
    tier.ownCgroup && 'own cgroup',
  ].filter(Boolean);
  return `${tier.tier}: own process${layers.length > 0 ? `, ${layers.join(', ')}` : ' only'}   (docs/sandbox.md)`;
}
