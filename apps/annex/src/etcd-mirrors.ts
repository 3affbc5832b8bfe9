/** What the environment says of an etcd whose prefixes are mirrored (docs/settings.md). */
import type { EtcdAddress } from '@annex/connectors';
import { slugPattern } from '@annex/host-api';
import { settingKeyFault } from '@annex/manifest';
import type { EtcdMirror } from '@annex/settings';
import { z } from 'zod';

/** `https://user:password@host:2379,https://other:2379`: one cluster. */
export function readEtcdUrl(text: string): Omit<EtcdAddress, 'rootCertificate'> & { problem?: string } {
  const hosts: string[] = [];
  let auth: EtcdAddress['auth'];
  for (const part of text.split(',').map((each) => each.trim())) {
    const url = URL.canParse(part) ? new URL(part) : undefined;
    if (!url || !['http:', 'https:'].includes(url.protocol) || url.pathname !== '/' || url.search !== '')
      return { hosts: [], problem: 'must be URLs such as https://user:secret@etcd-1:2379, comma-separated' };
    if (url.username !== '')
      auth = { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
    hosts.push(`${url.protocol}//${url.host}`);
  }
  return { hosts, auth };
}

const mirror = z.strictObject({
  tenant: z.string().regex(slugPattern),
  prefix: z.string().min(1).max(512),
  into: z.string().default(''),
});
const example = '[{"tenant":"acme","prefix":"/nnoe/","into":"nnoe/"}]';

/** A JSON list of {@link EtcdMirror}. */
export function readEtcdMirrors(text: string): { mirrors: EtcdMirror[]; problems: string[] } {
  const parsed = z.array(mirror).max(100).safeParse(parse(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue?.path.join('.') ?? '';
    return { mirrors: [], problems: [`must be a list such as ${example}: ${place} ${issue?.message ?? ''}`] };
  }
  const problems = parsed.data.flatMap((each, index) => {
    const fault = each.into === '' ? undefined : settingKeyFault(each.into.replace(/\/$/, ''));
    if (fault !== undefined || (each.into !== '' && !each.into.endsWith('/')))
      return [`${index}: into must be the beginning of keys and end in a slash, such as nnoe/`];
    // Each removes what is not in its etcd below its own beginning.
    const other = parsed.data
      .slice(0, index)
      .find(({ tenant, into }) => tenant === each.tenant && overlap(into, each.into));
    return other
      ? [`${index}: ${each.prefix} and ${other.prefix} would be mirrored into the same keys of ${each.tenant}`]
      : [];
  });
  return { mirrors: parsed.data, problems };
}

function overlap(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
