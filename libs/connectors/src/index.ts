export type { Connector, ConnectorBatch, Dial, OpenConnection } from './connector.js';
export { loadConnector } from './load.js';
export type { EtcdAddress, EtcdChange, EtcdPrefix } from './etcd/etcd-prefix.js';
export { loadEtcd } from './etcd/load.js';
