export type { Connector, ConnectorBatch, Dial, OpenConnection } from './connector.js';
export { loadConnector } from './load.js';
