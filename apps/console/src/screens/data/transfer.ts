import type { Annex, Row } from '@annex/client';
import { saveAs } from '../../parts/save-as';

/** Rows that an export holds at most; more is what the API and the command line are for. */
const maxRows = 50_000;

/** Saves the rows of a table as CSV (RFC 4180). Values that are no text stand as JSON. */
export async function exportRows(annex: Annex, table: string): Promise<void> {
  const rows: Row[] = [];
  for await (const row of annex.each('listRows', { path: { table }, query: { limit: 1000 } })) {
    rows.push(row);
    if (rows.length >= maxRows) break;
  }
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [names, ...rows.map((row) => names.map((name) => row[name]))].map((cells) =>
    cells.map(cellOf).join(','),
  );
  saveAs(`${table}.csv`, new Blob([lines.join('\r\n')], { type: 'text/csv' }));
}

/** A value as a cell of CSV. */
export function cellOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  // A spreadsheet runs what begins so; the quote in front makes it a text.
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The rows of a file. Throws for what is neither a JSON list nor CSV with a line of names. */
export function readRows(name: string, text: string): Row[] {
  if (!name.endsWith('.csv')) {
    const value = JSON.parse(text) as unknown;
    if (!Array.isArray(value)) throw new Error(`${name} holds no list of rows.`);
    return value as Row[];
  }
  const [names = [], ...lines] = cellsOf(text);
  return lines.map((cells) =>
    Object.fromEntries(names.flatMap((field, index) => (isOwn(field) ? [] : [[field, valueOf(cells[index] ?? '')]]))),
  );
}

/** Fields that Annex sets itself. */
function isOwn(field: string): boolean {
  return field === 'id' || field === 'created_at' || field === 'updated_at';
}

function valueOf(cell: string): unknown {
  if (cell === '') return null;
  if (!/^(-?\d|true$|false$|null$|[[{])/.test(cell)) return cell;
  try {
    const value = JSON.parse(cell) as unknown;
    // A number that is not written the same again is an id, a postcode or an account.
    return typeof value === 'number' && String(value) !== cell ? cell : value;
  } catch {
    return cell;
  }
}

/** The cells of CSV, line by line; quotes may hold commas and line ends. */
function cellsOf(text: string): string[][] {
  const lines: string[][] = [];
  let cells: string[] = [];
  let cell = '';
  let isQuoted = false;
  const end = (): void => void (cells.push(cell), (cell = ''));
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charAt(at);
    if (isQuoted) {
      if (sign !== '"') cell += sign;
      else if (text.charAt(at + 1) === '"') cell += text.charAt((at += 1));
      else isQuoted = false;
    } else if (sign === '"') isQuoted = true;
    else if (sign === ',') end();
    else if (sign === '\n') {
      end();
      lines.push(cells);
      cells = [];
    } else if (sign !== '\r') cell += sign;
  }
  if (cell !== '' || cells.length > 0) {
    end();
    lines.push(cells);
  }
  return lines;
}
