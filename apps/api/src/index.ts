export { createApi, startApi, type ApiOptions, type ApiServices, type RunningApi } from './api.js';
export { describeApi } from './openapi/document.js';
export { type Answered, type Health } from './controllers/health.controller.js';
