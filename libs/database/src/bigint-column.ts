import type { ValueTransformer } from 'typeorm';

/** Column options of a `bigint` that stays below 2^53, such as a number of bytes: TypeScript sees a number. */
export const bigintColumn: { type: 'bigint'; transformer: ValueTransformer } = {
  type: 'bigint',
  transformer: {
    from: (text: string | null): number | null => (text === null ? null : Number(text)),
    to: (value: unknown): unknown => value,
  },
};
