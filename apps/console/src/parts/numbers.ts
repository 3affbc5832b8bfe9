const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** A size: `1.5 MiB`. */
export function bytesText(bytes: number): string {
  const step = bytes <= 0 ? 0 : Math.min(byteUnits.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 2 ** (10 * step);
  return `${step === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${byteUnits[step] ?? ''}`;
}

const counts = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** A count with its thousands. */
export function countText(count: number): string {
  return counts.format(count);
}

/** A count where there is little room: `12.4K`. */
export function shortCount(count: number): string {
  return short.format(count);
}

/** Words for a count: `1 run`, `2 runs`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}

const acronyms = /\b(kv|llm|cpu|http|ms|id|url)\b/gi;

/** A snake-case name as words. */
export function words(name: string): string {
  const text = name
    .replaceAll(/[_.]/g, ' ')
    .replaceAll(acronyms, (each) => (each === 'ms' ? each : each.toUpperCase()));
  return text.charAt(0).toUpperCase() + text.slice(1);
}
