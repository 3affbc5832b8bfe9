import { describe, expect, it } from 'vitest';
import {
  coversHost,
  grantAll,
  matchGrants,
  permissionNames,
  permissionTexts,
  type PermissionGrant,
  type PermissionRequest,
} from './permissions.js';

describe('permissions', () => {
  it('each have a text that people read before they say yes', () => {
    expect(Object.keys(permissionTexts).sort()).toEqual([...permissionNames].sort());
    for (const text of Object.values(permissionTexts)) expect(text.detail).toMatch(/\.$/);
  });

  it('are effective only where the manifest asks and an admin agreed', () => {
    expect(
      matchGrants(
        [{ name: 'db.read' }, { name: 'llm.use', reason: 'summaries' }],
        [{ name: 'db.read' }, { name: 'send_email' }],
      ),
    ).toEqual({
      effective: [{ name: 'db.read' }],
      pending: [{ name: 'llm.use', reason: 'summaries' }],
      unused: [{ name: 'send_email' }],
    });
  });

  const scopes: [string, PermissionRequest, PermissionGrant, PermissionGrant, PermissionRequest | null][] = [
    [
      'an upgrade that adds a table keeps the old ones',
      { name: 'db.read', tables: ['a', 'b'] },
      { name: 'db.read', tables: ['a'] },
      { name: 'db.read', tables: ['a'] },
      { name: 'db.read', tables: ['b'] },
    ],
    [
      'an upgrade that drops its scope keeps the old scope',
      { name: 'db.read' },
      { name: 'db.read', tables: ['a'] },
      { name: 'db.read', tables: ['a'] },
      { name: 'db.read' },
    ],
    [
      'an upgrade that asks for less gets less',
      { name: 'db.read', tables: ['a'] },
      { name: 'db.read' },
      { name: 'db.read', tables: ['a'] },
      null,
    ],
    [
      'tables that do not meet grant nothing',
      { name: 'db.read', tables: ['b'] },
      { name: 'db.read', tables: ['a'] },
      { name: 'db.read', tables: [] },
      { name: 'db.read', tables: ['b'] },
    ],
    [
      'a wildcard host covers the hosts under it',
      { name: 'outbound_http', hosts: ['a.x.io'] },
      { name: 'outbound_http', hosts: ['*.x.io'] },
      { name: 'outbound_http', hosts: ['a.x.io'] },
      null,
    ],
    [
      'asking for a wildcard keeps the single host',
      { name: 'outbound_http', hosts: ['*.x.io'] },
      { name: 'outbound_http', hosts: ['a.x.io'] },
      { name: 'outbound_http', hosts: ['a.x.io'] },
      { name: 'outbound_http', hosts: ['*.x.io'] },
    ],
  ];
  it.each(scopes)('narrowed by a scope: %s', (_rule, asked, given, effective, pending) => {
    expect(matchGrants([asked], [given])).toEqual({
      effective: [effective],
      pending: pending ? [pending] : [],
      unused: [],
    });
  });

  it('leave nothing pending after a yes to everything', () => {
    const asked: PermissionRequest[] = [
      { name: 'db.read', tables: ['a'] },
      { name: 'db.read', tables: ['b'] },
      { name: 'llm.use', reason: 'x' },
    ];
    const granted = grantAll(asked);
    expect(granted).toEqual([{ name: 'db.read', tables: ['a', 'b'] }, { name: 'llm.use' }]);
    expect(matchGrants(asked, granted).pending).toEqual([]);
  });

  it('cover hosts under a wildcard but not its apex nor a name that merely ends alike', () => {
    expect(coversHost('*.example.com', 'a.b.Example.com')).toBe(true);
    for (const host of ['example.com', 'notexample.com', '.example.com', 'example.com.evil.io'])
      expect(coversHost('*.example.com', host)).toBe(false);
  });
});
