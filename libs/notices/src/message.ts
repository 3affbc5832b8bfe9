/** One message of one rule, in the forms in which channels take it. */
import type { Id, JsonObject } from '@annex/kernel';
import { sentenceOf, type Told } from './kinds.js';

/** A change as a message tells it. */
export interface MessageLine extends Told {
  id: Id<'notice'>;
  tenant: string;
  previous: string;
  at: Date;
}

/** What goes out at once. */
export interface Message {
  /** The same at each attempt, so that receivers know it again. */
  id: string;
  rule: string;
  /** The tenant's slug; `null`: it is the operators', whose lines name theirs. */
  tenant: string | null;
  lines: readonly MessageLine[];
  /** Further changes that it only counts. */
  leftOut: number;
}

/** What a message without changes says, to try a rule. */
export function testMessage(id: string, rule: string, tenant: string | null): Message {
  return { id, rule, tenant, lines: [], leftOut: 0 };
}

const marks = { ok: 'OK', warning: 'WARNING', critical: 'CRITICAL' } as const;

/** Each change as a line of text. */
function textLines({ lines, tenant, leftOut, rule }: Message): string[] {
  if (lines.length === 0) return [`This is a test of the rule ${rule}. Nothing is wrong.`];
  const whose = (slug: string): string => (tenant === null ? `[${slug}] ` : '');
  return [
    ...lines.map((line) => `${marks[line.level]}: ${whose(line.tenant)}${sentenceOf(line)}`),
    ...(leftOut > 0 ? [`and ${leftOut} more; GET /api/notices lists them`] : []),
  ];
}

function subjectOf(message: Message): string {
  const [first] = message.lines;
  const whose = message.tenant ?? 'Annex';
  if (!first) return `[${whose}] Test of the rule ${message.rule}`;
  if (message.lines.length === 1 && message.leftOut === 0)
    return `[${first.tenant}] ${marks[first.level]}: ${sentenceOf(first)}`.slice(0, 200);
  return `[${whose}] ${message.lines.length + message.leftOut} changes`;
}

/** The message as a mail. */
export function mailOf(message: Message): { subject: string; text: string } {
  const whose = message.tenant === null ? 'the operators' : `the tenant ${message.tenant}`;
  return {
    subject: subjectOf(message),
    text: [
      ...textLines(message).flatMap((line, at) => (at === 0 ? [line] : ['', line])),
      '',
      `Sent by the rule ${message.rule} of ${whose}.`,
      '',
    ].join('\n'),
  };
}

/** The message for an incoming webhook of Slack: one text, in which nothing of ours is markup. */
export function slackBody(message: Message): Buffer {
  const text = [`*${subjectOf(message)}*`, ...(message.lines.length === 1 ? [] : textLines(message))].join('\n');
  return json({ text: text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;') });
}

/** The message as a webhook carries it. */
export function webhookBody({ id, rule, tenant, lines, leftOut }: Message, now: Date): Buffer {
  return json({
    type: lines.length === 0 ? 'notices.test' : 'notices',
    id,
    time: now.toISOString(),
    rule,
    tenant,
    left_out: leftOut,
    notices: lines.map((line) => ({
      id: line.id,
      tenant: line.tenant,
      kind: line.kind,
      subject: line.subject,
      level: line.level,
      previous: line.previous,
      text: sentenceOf(line),
      detail: line.detail,
      time: line.at.toISOString(),
    })),
  });
}

function json(value: JsonObject): Buffer {
  return Buffer.from(JSON.stringify(value));
}
