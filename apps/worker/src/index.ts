export { startWorker, type RunningWorker, type WorkerServices } from './worker.js';
