import { Button, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useNavigate, useSearch } from '@tanstack/react-router';
import Search from 'lucide-react/icons/search';
import X from 'lucide-react/icons/x';
import { useState, type ReactNode } from 'react';
import classes from './filters.module.css';

/** What the address says of a screen's filters. */
export type Filters = Record<string, string | undefined>;

/** The filters of the screen that is open, and how to change them. They stand in the address: a link shares them. */
export function useFilters(): { filters: Filters; set: (change: Filters) => void; clear: () => void } {
  const filters: Filters = useSearch({ strict: false });
  const navigate = useNavigate();
  const go = (search: Filters): void =>
    void navigate({ to: '.', search: search as never, replace: true, resetScroll: false });
  return {
    filters,
    set(change) {
      const next = { ...filters, ...change };
      go(Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined && value !== '')));
    },
    clear: () => go({}),
  };
}

/** What a route keeps of an address: texts only. */
export function readFilters(search: Record<string, unknown>): Filters {
  return Object.fromEntries(
    Object.entries(search).flatMap(([name, value]): [string, string][] =>
      typeof value === 'string' || typeof value === 'number' ? [[name, String(value)]] : [],
    ),
  );
}

/** Filters in a line above a list. */
export function FilterBar({ children }: { children: ReactNode }): ReactNode {
  const { filters, clear } = useFilters();
  const isSet = Object.values(filters).some((value) => value !== undefined);
  return (
    <div className={classes.bar} role="search">
      {children}
      {isSet && (
        <Button variant="subtle" color="gray" size="xs" leftSection={<X size={14} />} onClick={clear}>
          Clear
        </Button>
      )}
    </div>
  );
}

/** One of several words. */
export function Choice({
  name,
  label,
  options,
}: {
  name: string;
  label: string;
  options: readonly (string | { value: string; label: string })[];
}): ReactNode {
  const { filters, set } = useFilters();
  return (
    <Select
      size="xs"
      w={150}
      aria-label={label}
      placeholder={label}
      data={[...options]}
      value={filters[name] ?? null}
      onChange={(value) => set({ [name]: value ?? undefined })}
      clearable
      clearButtonProps={{ 'aria-label': `Any ${label.toLowerCase()}` }}
      searchable={options.length > 8}
    />
  );
}

/** A text to look for. `/` brings the reader here. */
export function SearchBox({ name = 'q', label }: { name?: string; label: string }): ReactNode {
  const { filters, set } = useFilters();
  const [typed, setTyped] = useState<{ text: string; of: string | undefined }>();
  const told = useDebouncedCallback((text: string) => set({ [name]: text || undefined }), 250);
  // What the address says wins as soon as it says something new.
  const text = typed && typed.of === filters[name] ? typed.text : (filters[name] ?? '');
  return (
    <TextInput
      size="xs"
      className={classes.search}
      type="search"
      aria-label={label}
      placeholder={label}
      leftSection={<Search size={14} />}
      data-search
      value={text}
      onChange={(event) => {
        setTyped({ text: event.currentTarget.value, of: filters[name] });
        told(event.currentTarget.value);
      }}
    />
  );
}

const spans = [
  { value: '15m', label: 'Last 15 minutes', ms: 900_000 },
  { value: '1h', label: 'Last hour', ms: 3_600_000 },
  { value: '24h', label: 'Last 24 hours', ms: 86_400_000 },
  { value: '7d', label: 'Last 7 days', ms: 604_800_000 },
  { value: '30d', label: 'Last 30 days', ms: 2_592_000_000 },
];

/** A stretch of time up to now. */
export function SpanChoice({ name = 'span' }: { name?: string }): ReactNode {
  return <Choice name={name} label="Any time" options={spans.map(({ value, label }) => ({ value, label }))} />;
}

/** Where a stretch begins, to the minute, so that the same list is not asked for under ever new names. */
export function sinceOf(span: string | undefined): string | undefined {
  const ms = spans.find(({ value }) => value === span)?.ms;
  return ms === undefined ? undefined : new Date(Math.floor((Date.now() - ms) / 60_000) * 60_000).toISOString();
}
