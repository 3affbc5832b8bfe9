import type { InputFault } from '@annex/kernel';
import { accountLimits } from '@annex/limits';

/**
 * An address in ASCII with a domain of at least two labels (RFC 5321 §4.1.2, without quoted local parts). Others are
 * refused: two that look different could compare equal under Unicode's case folding, and one of them would sign in as
 * the other.
 */
const shape =
  /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+$/;

export function isEmail(text: string): boolean {
  return text.length <= 254 && shape.test(text);
}

/** What is wrong with an e-mail address, as input faults. */
export function emailFaults(email: string): InputFault[] {
  if (isEmail(email)) return [];
  return [
    {
      pointer: '/email',
      code: 'INVALID_EMAIL',
      detail: 'must be an e-mail address in ASCII of at most 254 characters, such as ada@example.com',
    },
  ];
}

/** What is wrong with a new password, as input faults. */
export function passwordFaults(password: string): InputFault[] {
  if ([...password.slice(0, 64)].length < accountLimits.fewestPasswordChars) {
    return [
      {
        pointer: '/password',
        code: 'PASSWORD_TOO_SHORT',
        detail: `must have at least ${accountLimits.fewestPasswordChars} characters`,
      },
    ];
  }
  if (Buffer.byteLength(password) > accountLimits.passwordBytes) {
    return [
      {
        pointer: '/password',
        code: 'PASSWORD_TOO_LONG',
        detail: `must have at most ${accountLimits.passwordBytes} bytes`,
      },
    ];
  }
  return [];
}
