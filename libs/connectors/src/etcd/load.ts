/** The client of etcd, loaded when it is first used: it brings gRPC along. */
export const loadEtcd = () => import('./etcd-prefix.js');
