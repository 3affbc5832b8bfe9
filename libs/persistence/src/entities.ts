import type { DataSourceOptions } from 'typeorm';

/** Every entity class; each stands in the folder of its area. */
export const entities: NonNullable<DataSourceOptions['entities']> = [];
