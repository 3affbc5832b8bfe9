/**
 * What is wrong with an origin that may call from a browser, as a clause; `undefined`: nothing. `https://*.example.com`
 * stands for every host below one.
 */
export function originFault(origin: string): string | undefined {
  const plain = origin.replace('://*.', '://any.');
  if (URL.canParse(plain) && new URL(plain).origin === plain.toLowerCase() && !plain.includes('*')) return undefined;
  return 'must be an origin such as https://app.example.com or https://*.example.com, without a path';
}
