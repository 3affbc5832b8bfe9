import type { TestProject } from 'vitest/node';
import { build } from '../../scripts/build.mjs';

/**
 * Builds before the first spec, and again before each rerun of a watch: executors, threads and whole programs run from
 * dist/, and a stale one would be tested in the place of its source.
 */
export default async function setup(project: TestProject): Promise<void> {
  await build();
  project.onTestsRerun(async () => void (await build()));
}
