import type { TestTenant } from '../support/annex.js';

const agent = `api_version: v1
description: Says why a pod was killed
on: ["pod.oom"]
agent: { protocol: a2a, url: "\${SECRET:AGENT_URL}", bearer: "\${SECRET:AGENT_TOKEN}" }
prompt: "Why was {{ subject }} killed?"
approval: required
`;

/** Installs a plugin whose agent is asked about each `pod.oom`, after somebody has said yes. */
export async function installDoctor(
  tenant: TestTenant,
  secrets: { AGENT_URL: string; AGENT_TOKEN: string },
): Promise<void> {
  const code = `import { route } from '@annex/sdk'; route('/', () => ({ well: true }));`;
  const manifest = {
    routes: true,
    ...{ slug: 'doctor', name: 'Doctor', description: 'Asks an agent about pods' },
    permissions: [{ name: 'agents.call', reason: 'asks why a pod was killed' }],
    secrets: Object.keys(secrets),
  };
  const files = { 'agents/autopsy.yaml': agent };
  const installed = await tenant.install({ manifest, code, files }, { secrets });
  if (installed.status !== 200) throw new Error(JSON.stringify(installed.body));
}
