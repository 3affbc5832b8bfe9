const names = new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric', timeZone: 'UTC' });
const shownMonths = 13;

/** The months that are offered, this one first: `2026-11`, with their names. By UTC, as days are closed. */
export function latestMonths(now: Date): { value: string; label: string }[] {
  return Array.from({ length: shownMonths }, (_, back) => {
    const month = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 1));
    return { value: month.toISOString().slice(0, 7), label: names.format(month) };
  });
}

/** The first and the last day of a month such as `2026-11`. A text that is none is taken for this month. */
export function periodOf(month: string): { since: string; until: string } {
  const first = /^\d{4}-(0[1-9]|1[0-2])$/.test(month) ? new Date(`${month}-01T00:00:00Z`) : thisMonth();
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0));
  return { since: first.toISOString().slice(0, 10), until: last.toISOString().slice(0, 10) };
}

function thisMonth(): Date {
  return new Date(`${new Date().toISOString().slice(0, 7)}-01T00:00:00Z`);
}
