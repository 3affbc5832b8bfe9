export { Loop } from './loop.js';
export { Dispatcher, type DispatcherOptions, type DispatcherStats } from './dispatcher.js';
export type { HealthChecks } from './health-checks.js';
export { Pace, Places } from './places.js';
