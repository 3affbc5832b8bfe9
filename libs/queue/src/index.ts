export type { ConsumeOptions, Consumer, Queue, QueueOptions, RunTicket, TicketHandler } from './queue.js';
export { createQueue } from './create-queue.js';
export { migrateQueue } from './migrate-queue.js';
