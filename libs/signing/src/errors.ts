import { defineErrors } from '@annex/kernel';

/** What can be wrong with who vouches for a package or a catalogue. */
export const signingErrors = defineErrors('signing', {
  SIGNATURE_INVALID: {
    title: 'The signature is none, or was not made with the key it names',
    status: 422,
    fault: 'caller',
  },
  SIGNATURE_MISMATCH: { title: 'What was signed is another package', status: 422, fault: 'caller' },
  PUBLISHER_UNKNOWN: { title: 'Nobody of the publishers has this key', status: 403, fault: 'policy' },
  PUBLISHER_REFUSED: { title: 'The publisher may not sign this', status: 403, fault: 'policy' },
  KEY_REVOKED: { title: 'The key was revoked', status: 403, fault: 'policy' },
  PUBLISHERS_INVALID: { title: 'The list of publishers cannot be read', status: 503, fault: 'platform' },
  CATALOGUE_INVALID: { title: 'The catalogue cannot be read', status: 502, fault: 'platform' },
  CATALOGUE_EXPIRED: { title: 'The catalogue is out of date', status: 502, fault: 'platform' },
});
