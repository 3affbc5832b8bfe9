/** Prints a table of what was found, beside whatever the test runner prints. */
export function report(title: string, rows: Readonly<Record<string, string | number>>): void {
  const width = Math.max(...Object.keys(rows).map((name) => name.length));
  process.stdout.write(
    `\n${title}\n${Object.entries(rows)
      .map(([name, value]) => `  ${name.padEnd(width)}  ${value}`)
      .join('\n')}\n`,
  );
}
