export { Dispatcher, type DispatcherOptions, type DispatcherStats } from './dispatcher.js';
export { Pace, Places } from './places.js';
