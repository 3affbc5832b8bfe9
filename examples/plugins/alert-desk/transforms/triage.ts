import type { PluginEvent } from '@annex/sdk';

/** What an agent said of an alert, short enough for a ticket. */
export interface Advice {
  /** The id of the alert. */
  alert: string | null;
  text: string;
}

/** Makes it of the agent's answer and the event that it was asked about. */
export function advice({ text }: { text: string }, { alert }: Pick<PluginEvent, 'alert'>): Advice {
  return { alert: alert?.id ?? null, text: text.trim().slice(0, 2000) };
}
