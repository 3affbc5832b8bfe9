export {
  createBroker,
  type AnsweredCall,
  type Broker,
  type BrokerOptions,
  type BrokerRun,
  type BrokerSession,
  type BrokerUsage,
  type HostCall,
  type HostCallAnswer,
} from './broker.js';
export type { BrokerQuotas } from './call-quotas.js';
export { brokerErrors } from './errors.js';
