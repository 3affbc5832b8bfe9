/** What a source of type `postgres` is told: where, as whom, and what. */
import { quote } from '@annex/kernel';
import type { ConnectionForm } from './fields.js';

const namePattern = /^[a-z_][a-z0-9_]{0,62}$/;
const modes = ['verify-full', 'require', 'disable'];

const name = (about: string) =>
  ({
    kind: 'text',
    about,
    fault: (text: string) =>
      namePattern.test(text)
        ? undefined
        : `${quote(text, 80)} must be 1 to 63 of a-z, 0-9 and "_", not beginning with a digit.`,
  }) as const;

export const postgresForm: ConnectionForm = {
  address: ['url'],
  fields: {
    url: {
      kind: 'text',
      about: '"postgres://user:password@host/database"',
      isRequired: true,
      isSecret: true,
      fault: urlFault,
    },
    publication: name('what of the database is followed'),
    slot: name('where the database remembers how far this source has read'),
  },
};

function urlFault(text: string): string | undefined {
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') || url.hostname === '')
    return 'is no address such as "postgres://user:password@host/database".';
  if (url.username === '' || url.password === '') return 'must name a user and a password.';
  if (url.pathname.length < 2) return 'must name a database.';
  try {
    decodeURIComponent(url.username + url.password + url.pathname);
  } catch {
    return 'holds a "%" that is no part of an encoding; write it as "%25".';
  }
  const unknown = [...url.searchParams.keys()].find((key) => key !== 'sslmode');
  if (unknown !== undefined) return `has the parameter ${quote(unknown, 40)}; only sslmode is known.`;
  const mode = url.searchParams.get('sslmode') ?? 'verify-full';
  return modes.includes(mode) ? undefined : `has the sslmode ${quote(mode, 40)}; write one of ${modes.join(', ')}.`;
}
