export type { ConsumeOptions, Consumer, Permit, PermitHandler, Queue, QueueOptions } from './queue.js';
export { createQueue } from './create-queue.js';
export { migrateQueue } from './migrate-queue.js';
export { readRedisUrl, redisPlace } from './redis-url.js';
