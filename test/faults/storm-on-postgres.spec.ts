import { it } from 'vitest';
import { rounds, seed } from './settings.js';
import { storm } from './storm.js';

it(
  `loses nothing and does nothing twice in a storm of faults, with the queue on PostgreSQL (seed ${seed})`,
  () => storm({ backend: 'postgres', seed, rounds }),
  rounds * 900_000,
);
