import type { Catalogue, CatalogueRelease } from '@annex/signing';
import { describe, expect, it } from 'vitest';
import { groupReleases, latestOf, viewListed } from './views.js';

const release = (slug: string, version: string, more: Partial<CatalogueRelease> = {}): CatalogueRelease => ({
  ...{ slug, version, sha256: version, url: 'x', publisher: 'Acme', permissions: [], yanked: false },
  ...more,
});
const group = (...releases: CatalogueRelease[]): readonly CatalogueRelease[] =>
  groupReleases({ releases } as Catalogue).get('a') ?? [];

describe('a catalogue', () => {
  it('is in order of slug, and of versions with the newest first', () => {
    const releases = ['1.2.0', '1.10.0', 'odd', '1.10.0-rc.1', '1.9.0'].map((version) => release('a', version));
    const groups = groupReleases({ releases: [release('b', '1.0.0'), ...releases] } as Catalogue);
    expect([...groups.keys()]).toEqual(['a', 'b']);
    expect(groups.get('a')?.map(({ version }) => version)).toEqual(['1.10.0', '1.10.0-rc.1', '1.9.0', '1.2.0', 'odd']);
  });

  it.each([
    [[release('a', '1.0.0'), release('a', '2.0.0-rc.1')], '1.0.0'],
    [[release('a', '2.0.0-rc.1')], '2.0.0-rc.1'],
    [[release('a', '1.0.0'), release('a', '2.0.0', { yanked: true })], '1.0.0'],
    [[release('a', '1.0.0', { yanked: true })], undefined],
  ])('takes of %j the release %s', (releases, version) => {
    expect(latestOf(group(...releases))?.version).toBe(version);
  });

  it('says of what is installed whether it is listed, was taken back, and is the newest', () => {
    const releases = group(release('a', '1.0.0', { yanked: true }), release('a', '1.1.0'));
    const installed = (version: string, sha256 = version): unknown =>
      viewListed(releases, { version, sha256 }, 20).installed;
    expect(installed('1.0.0')).toMatchObject({ listed: true, yanked: true, newer: '1.1.0' });
    expect(installed('1.1.0')).toMatchObject({ listed: true, yanked: false, newer: null });
    expect(installed('1.1.0', 'built by hand')).toMatchObject({ listed: false, newer: null });
    expect(installed('3.0.0')).toMatchObject({ listed: false, newer: null });
  });
});
