/** A record with its name in full, in small letters and without a dot at its end. */
export interface DnsRecord {
  name: string;
  type: string;
  value: string;
  ttl?: number;
}

export interface Zone {
  name: string;
  ttl?: number;
  records: DnsRecord[];
}

export interface Answer {
  /** `NXDOMAIN`: the zone knows no such name. `REFUSED`: the name is in no zone. */
  status: 'NOERROR' | 'NXDOMAIN' | 'REFUSED';
  answers: Required<DnsRecord>[];
}

/** Aliases that are followed; more are a circle. */
const maxAliases = 8;

/** The names of zones that a name may be in, the longest first. */
export function zonesAbove(name: string): string[] {
  const labels = name.split('.');
  return labels.map((_, index) => labels.slice(index).join('.'));
}

/** Looks a name up, following aliases from zone to zone. */
export async function answer(
  { name, type }: { name: string; type: string },
  findZone: (name: string) => Promise<Zone | undefined>,
  defaultTtl: number,
): Promise<Answer> {
  const answers: Required<DnsRecord>[] = [];
  let asked = name;
  for (let aliases = 0; aliases <= maxAliases; aliases += 1) {
    const zone = await findZone(asked);
    if (!zone) return { status: answers.length > 0 ? 'NOERROR' : 'REFUSED', answers };
    const named = recordsOf(zone, asked);
    if (named.length === 0) return { status: existsBelow(zone, asked) ? 'NOERROR' : 'NXDOMAIN', answers };
    const alias = type === 'CNAME' ? undefined : named.find((record) => record.type === 'CNAME');
    const wanted = alias ? [alias] : named.filter((record) => record.type === type);
    answers.push(...wanted.map((record) => ({ ...record, name: asked, ttl: record.ttl ?? zone.ttl ?? defaultTtl })));
    if (!alias) return { status: 'NOERROR', answers };
    asked = alias.value;
  }
  return { status: 'NOERROR', answers };
}

/** The records of a name, or of the nearest `*` where nothing has the name (RFC 4592). */
function recordsOf({ name: zone, records }: Zone, name: string): DnsRecord[] {
  const exact = records.filter((record) => record.name === name);
  if (exact.length > 0) return exact;
  for (const above of zonesAbove(name).slice(1)) {
    const wild = records.filter((record) => record.name === `*.${above}`);
    if (wild.length > 0) return wild;
    if (above === zone || records.some((record) => record.name === above || record.name.endsWith(`.${above}`)))
      return [];
  }
  return [];
}

/** A name without records of its own exists when one below it has some. */
function existsBelow({ name: zone, records }: Zone, name: string): boolean {
  return name === zone || records.some((record) => record.name.endsWith(`.${name}`));
}
