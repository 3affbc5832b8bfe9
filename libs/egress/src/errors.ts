import { defineErrors } from '@annex/kernel';

/** With what an outbound request fails. Details never name an address that a host name resolved to. */
export const egressErrors = defineErrors('egress', {
  EGRESS_URL: { title: 'The URL cannot be requested', status: 400, fault: 'plugin' },
  EGRESS_SCHEME: { title: 'Only http: and https: can be requested', status: 400, fault: 'plugin' },
  EGRESS_REQUEST: { title: 'The method or a header cannot be sent', status: 400, fault: 'plugin' },
  EGRESS_HOST_NOT_ALLOWED: { title: 'The host is not in the manifest’s http.allow', status: 403, fault: 'policy' },
  EGRESS_PRIVATE_ADDRESS: { title: 'The address is not a public one', status: 403, fault: 'policy' },
  EGRESS_PORT: { title: 'The port is not allowed', status: 403, fault: 'policy' },
  EGRESS_REDIRECTS: { title: 'Too many redirects', status: 502, fault: 'plugin' },
  EGRESS_LOOP: { title: 'The request went through this platform too often', status: 508, fault: 'plugin' },
  EGRESS_DNS: { title: 'The host name could not be resolved', status: 502, fault: 'plugin' },
  EGRESS_CONNECT: { title: 'No connection to the host', status: 502, fault: 'plugin' },
  EGRESS_TLS: { title: 'No trusted TLS connection to the host', status: 502, fault: 'plugin' },
  EGRESS_RESPONSE: { title: 'The host’s answer is not HTTP that can be read', status: 502, fault: 'plugin' },
  EGRESS_TIMEOUT: { title: 'The host did not answer in time', status: 504, fault: 'plugin' },
  EGRESS_ABORTED: { title: 'The request was cancelled', status: 409, fault: 'caller' },
  EGRESS_BUSY: { title: 'All places for outbound requests are taken', status: 503, fault: 'platform' },
  EGRESS_LOST: { title: 'The request was lost inside the platform', status: 503, fault: 'platform' },
  HTTP_LIMIT: { title: 'An outbound HTTP limit was reached', status: 413, fault: 'limit' },
});
