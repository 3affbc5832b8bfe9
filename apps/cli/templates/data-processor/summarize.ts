export interface Column {
  name: string;
  filled: number;
  sum: number | null;
}

/** Rows of a CSV text, and of each column how many cells are filled and, of numbers, their sum. */
export function summarize(text: string): { rows: number; columns: Column[] } {
  const [head = [], ...rows] = text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map(readCells);
  const columns = head.map((name, index) => {
    const cells = rows.map((row) => row[index] ?? '').filter((cell) => cell !== '');
    const numbers = cells.map(Number);
    const isNumeric = cells.length > 0 && numbers.every(Number.isFinite);
    return { name, filled: cells.length, sum: isNumeric ? numbers.reduce((total, each) => total + each, 0) : null };
  });
  return { rows: rows.length, columns };
}

/** One line; a cell in quotes may hold commas, and two quotes for one. */
function readCells(line: string): string[] {
  const cells = line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g);
  return [...cells].map(([, quoted, plain]) => (quoted?.replaceAll('""', '"') ?? plain ?? '').trim());
}
