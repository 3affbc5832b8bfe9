// Prints figures as a table.
const roles = ['main', 'executor', 'postgres', 'other', 'all'];
const cell = (value, digits, width) => value.toFixed(digits).padStart(width);

export function printTable(figures) {
  const width = Math.max(...figures.map(({ program, row }) => `${program}, ${row}`.length)) + 1;
  console.log(
    `${''.padEnd(width)}    req/s      p50      p99  │ µs a request: ` +
      roles.map((role) => role.padStart(8)).join(' '),
  );
  for (const { program, row, rps, p50, p99, micros } of figures)
    console.log(
      `${`${program}, ${row}`.padEnd(width)} ${cell(rps, 0, 8)} ${cell(p50, 0, 5)} ms ${cell(p99, 0, 5)} ms  │ ` +
        `              ${roles.map((role) => cell(micros[role], 1, 8)).join(' ')}`,
    );
  const ping = (name) => figures.find(({ program, row }) => program === name && row === 'ping');
  const annex = ping('Annex');
  for (const [name, peer] of [
    ['workerd', ping('workerd')],
    ['bare NestJS', ping('bare NestJS')],
  ])
    if (annex && peer)
      console.log(
        `Annex / ${name}: ${(annex.rps / peer.rps).toFixed(2)} of the requests a second, ` +
          `${(annex.p99 / Math.max(1, peer.p99)).toFixed(2)} of its p99, ` +
          `${(annex.micros.all / peer.micros.all).toFixed(2)} of the processor time`,
      );
}

/** What changed from the other commit to this one, row by row. */
export function printComparison(figures, one, other) {
  console.log(`\n${other} → ${one}, µs of processor time a request`);
  for (const now of figures.filter(({ program }) => program === one)) {
    const before = figures.find(({ program, row }) => program === other && row === now.row);
    if (!before) continue;
    const change = (role) => `${role} ${before.micros[role].toFixed(1)} → ${now.micros[role].toFixed(1)}`;
    const ratio = (now.micros.all / before.micros.all).toFixed(2);
    console.log(`${now.row.padEnd(12)} ${roles.map(change).join(', ')} (${ratio})`);
  }
}
