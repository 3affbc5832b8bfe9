import { secretNamePattern } from '@annex/host-api';
import { quote, type InputFault } from '@annex/kernel';
import { secretLimits } from '@annex/limits';
import { vaultErrors } from './errors.js';

const hostShape = /^(\*\.)?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*(:\d{1,5})?$/i;

export function isSecretName(text: string): boolean {
  return secretNamePattern.test(text);
}

/** Throws `INVALID_SECRET` with every fault. No fault shows the value. */
export function checkSecret({
  name,
  value,
  allowedHosts,
}: {
  name: string;
  value: string;
  allowedHosts: readonly string[] | undefined;
}): void {
  const errors: InputFault[] = [];
  if (!isSecretName(name)) {
    errors.push({
      pointer: '/name',
      code: 'INVALID_NAME',
      detail: `${quote(name)} must be 1 to 64 letters, digits and "_", not beginning with a digit, such as API_KEY`,
    });
  }
  const size = Buffer.byteLength(value);
  if (size === 0)
    errors.push({ pointer: '/value', code: 'EMPTY', detail: 'must not be empty; delete the secret instead' });
  if (size > secretLimits.valueBytes)
    errors.push({
      pointer: '/value',
      code: 'TOO_LARGE',
      detail: `has ${size} bytes; at most ${secretLimits.valueBytes} are allowed`,
    });
  if (!value.isWellFormed())
    errors.push({
      pointer: '/value',
      code: 'NOT_UNICODE',
      detail: 'holds half a surrogate pair; send well-formed Unicode',
    });
  if (allowedHosts && allowedHosts.length > secretLimits.hosts) {
    errors.push({
      pointer: '/allowed_hosts',
      code: 'TOO_MANY',
      detail: `names ${allowedHosts.length} hosts; at most ${secretLimits.hosts} are allowed`,
    });
  } else {
    allowedHosts?.forEach((host, index) => {
      if (host.length > 260 || !hostShape.test(host)) {
        errors.push({
          pointer: `/allowed_hosts/${index}`,
          code: 'INVALID_HOST',
          detail: `${quote(host)} must be a host such as api.example.com or *.example.com`,
        });
      }
    });
  }
  if (errors.length > 0)
    throw vaultErrors.error('INVALID_SECRET', errors.map((fault) => `${fault.pointer}: ${fault.detail}`).join('; '), {
      errors,
    });
}
