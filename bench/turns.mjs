// Loads programs in turns and adds up what each request cost.
import autocannon from 'autocannon';
import { cpuOf } from './cpu.mjs';
import { percentile } from './support.mjs';

const connections = 16;
/** What is written in batches after an answer (records of runs) belongs to its turn. */
export const settle = () => new Promise((done) => setTimeout(done, 400));

async function turn(program, { url, method = 'GET', headers = {}, body }, seconds) {
  const before = cpuOf(program.pid);
  const result = await autocannon({ url, method, headers, body, connections, duration: seconds });
  await settle();
  const after = cpuOf(program.pid);
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${url}: ${result.non2xx} answers were not 2xx, ${result.errors} errors`);
  const cpu = Object.fromEntries(Object.keys(after).map((role) => [role, after[role] - before[role]]));
  return { requests: result.requests.total, rps: result.requests.average, latency: result.latency, cpu };
}

/**
 * The figures of every row of every program: a median of the turns for rates and latencies, and microseconds of
 * processor time a request by process over all of them.
 */
export async function measure(programs, { seconds, rounds }) {
  const rows = programs.flatMap((program) => program.rows.map((row) => ({ program, row, turns: [] })));
  for (const { program, row } of rows) await turn(program, row, 2);
  for (let round = 0; round < rounds; round += 1)
    for (const one of round % 2 === 0 ? rows : rows.toReversed())
      one.turns.push(await turn(one.program, one.row, seconds));
  return rows.map(({ program, row, turns }) => {
    const requests = turns.reduce((sum, one) => sum + one.requests, 0);
    const micros = Object.fromEntries(
      Object.keys(turns[0].cpu).map((role) => [
        role,
        (turns.reduce((sum, { cpu }) => sum + cpu[role], 0) / requests) * 1e6,
      ]),
    );
    const median = (read) => percentile(turns.map(read), 0.5);
    return {
      program: program.name,
      row: row.name,
      rps: median(({ rps }) => rps),
      p50: median(({ latency }) => latency.p50),
      p99: median(({ latency }) => latency.p99),
      micros: { ...micros, all: Object.values(micros).reduce((sum, one) => sum + one, 0) },
    };
  });
}
