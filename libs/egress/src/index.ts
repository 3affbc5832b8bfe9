export { createEgress, type Egress, type EgressOptions } from './egress.js';
export type { DialRequest } from './dial.js';
export type { EgressRequest, EgressResponse } from './request.js';
export { lookUpHost, type AllowHosts, type HostVerdict } from './allow-hosts.js';
export { allowPrivateProblem } from './allow-private.js';
export { hopsHeader, readHops, sourceHeader, type HeaderList } from './headers.js';
export { systemResolver, type Resolver, type SystemResolverOptions } from './resolver.js';
export { whyNotPublic } from './address.js';
export { egressErrors } from './errors.js';
