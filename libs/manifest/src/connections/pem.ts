/** Certificates and keys as texts. */
const certificate = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/;
const key = /-----BEGIN (?:EC |RSA )?PRIVATE KEY-----[A-Za-z0-9+/=\s]+-----END (?:EC |RSA )?PRIVATE KEY-----/;

export function certificateFault(text: string): string | undefined {
  return certificate.test(text) ? undefined : 'is no certificate in PEM ("-----BEGIN CERTIFICATE-----").';
}

export function keyFault(text: string): string | undefined {
  return key.test(text) ? undefined : 'is no key in PEM without a passphrase ("-----BEGIN PRIVATE KEY-----").';
}
