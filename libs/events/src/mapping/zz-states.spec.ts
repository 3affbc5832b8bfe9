/** Alerts and correlations against a model that keeps the whole history and looks it through anew each time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mappingLimits } from '@annex/limits';
import { isFiring, resolved, takeAlert, type AlertState } from './alerts.js';
import { correlationEndsMs, fireDue, takeCorrelation, type CorrelationState } from './correlations.js';

const gap = fc.integer({ min: 0, max: 90 });

describe('an alert', () => {
  interface Step {
    gap: number;
    isResolving: boolean;
  }
  interface Seen {
    at: number;
    isResolving: boolean;
    passed: boolean;
  }

  /** Plainly: which events go through, from all that came before. */
  function model(steps: readonly Step[], windowMs: number, resolveAfterMs: number): boolean[] {
    let now = 0;
    const seen: Seen[] = [];
    for (const step of steps) {
      now += step.gap;
      // The alert that this event could belong to: back to the first event that no end lies before.
      let begin = seen.length;
      while (begin > 0) {
        const before = seen[begin - 1]!;
        const after = seen[begin]?.at ?? now;
        if (before.isResolving || after >= before.at + resolveAfterMs) break;
        begin -= 1;
      }
      const open = seen.slice(begin);
      if (step.isResolving) {
        const last = seen.at(-1);
        const isRepeated =
          open.length === 0 && last !== undefined && (last.isResolving || last.at + resolveAfterMs <= now);
        seen.push({ at: now, isResolving: true, passed: !isRepeated });
      } else {
        const lastPassed = open.findLast(({ passed }) => passed);
        seen.push({ at: now, isResolving: false, passed: lastPassed === undefined || now >= lastPassed.at + windowMs });
      }
    }
    return seen.map(({ passed }) => passed);
  }

  it('lets through what the model lets through, and tells the end of each alert once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ gap, isResolving: fc.boolean() }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 120 }),
        fc.integer({ min: 1, max: 120 }),
        (steps, windowMs, resolveAfterMs) => {
          const terms = { windowMs, resolveAfterMs, isResolvedByEvent: true };
          let state: AlertState | null = null;
          let nowMs = 0;
          const [begun, ended] = [new Set<string>(), [] as string[]];
          const passed = steps.map((step, index) => {
            nowMs += step.gap;
            // A worker that looks in time; whether it does must not matter for what goes through.
            if (index % 2 === 0 && state?.status === 'firing' && !isFiring(state, nowMs)) {
              ended.push(state.id);
              state = resolved(state, state.endsMs);
            }
            const decision = takeAlert(state, terms, { isResolving: step.isResolving, nowMs, freshId: `n${index}` });
            if (decision.ended) ended.push(decision.ended.id);
            if (decision.suppressedBy === null && step.isResolving) ended.push(decision.alert.id);
            ({ state } = decision);
            if (state.status === 'firing') begun.add(state.id);
            return decision.suppressedBy === null;
          });
          expect(passed).toEqual(model(steps, windowMs, resolveAfterMs));
          expect(new Set(ended).size).toBe(ended.length);
          const open = state === null ? [] : [(state as AlertState).id];
          expect([...begun].filter((id) => !ended.includes(id) && !open.includes(id))).toEqual([]);
        },
      ),
      { numRuns: 60000 },
    );
  });

  it('is kept as long as it must be, and no longer than it may be', () => {
    fc.assert(
      fc.property(fc.array(gap, { minLength: 1, maxLength: 20 }), fc.boolean(), (gaps, isResolvedByEvent) => {
        const terms = { windowMs: 60, resolveAfterMs: null, isResolvedByEvent };
        let state: AlertState | null = null;
        let nowMs = 0;
        for (const one of gaps) {
          nowMs += one;
          ({ state } = takeAlert(state, terms, { isResolving: false, nowMs, freshId: `n${nowMs}` }));
          expect(state.endsMs).toBeGreaterThan(nowMs);
          expect(state.endsMs).toBeLessThanOrEqual(nowMs + (isResolvedByEvent ? mappingLimits.alertMs : 60));
          expect(state.tellsEnd).toBe(isResolvedByEvent);
        }
      }),
    );
  });
});

describe('a correlation', () => {
  const step = fc.record({ gap, kind: fc.constantFrom('a', 'b', 'done') });

  /** Plainly: at which times it fires, looked up in all that came. */
  function model(
    steps: readonly { gap: number; kind: string }[],
    { withinMs, hasAbsent, untilMs }: { withinMs: number; hasAbsent: boolean; untilMs: number },
  ): number[] {
    let now = 0;
    const events = steps.map(({ gap: by, kind }) => ({ at: (now += by), kind }));
    const fired: number[] = [];
    let from = -1;
    for (let index = 0; index < events.length; index += 1) {
      const { at, kind } = events[index]!;
      const last = fired.at(-1);
      if (last !== undefined && at < last + withinMs) {
        from = index;
        continue;
      }
      if (kind === 'done') {
        if (hasAbsent) from = index;
        continue;
      }
      const open = events.slice(from + 1, index + 1).filter((event) => event.at > at - withinMs);
      if (!['a', 'b'].every((wanted) => open.some((event) => event.kind === wanted))) continue;
      from = index;
      if (!hasAbsent) {
        fired.push(at);
        continue;
      }
      const dueAt = at + withinMs;
      const next = events.findIndex((event, place) => place > index && event.kind === 'done' && event.at < dueAt);
      if (next < 0) {
        if (dueAt <= untilMs) fired.push(dueAt);
        // Until it is due nothing else counts.
        while (index + 1 < events.length && events[index + 1]!.at < dueAt) index += 1;
        from = index;
      } else {
        index = next;
        from = next;
      }
    }
    return fired;
  }

  it.each([false, true])('fires when the model fires, whoever looks first (absent: %s)', (hasAbsent) => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.integer({ min: 1, max: 120 }),
        fc.integer(),
        (steps, within, seed) => {
          const terms = { all: ['a', 'b'], absent: hasAbsent ? ['done'] : [], withinS: within / 1000 };
          let state: CorrelationState | null = null;
          let nowMs = 0;
          const fired: number[] = [];
          const note = (
            decision: { state: CorrelationState | null; fired: string[][] },
            dueMs: number | null,
          ): void => {
            for (const [place] of decision.fired.entries()) fired.push(place === 0 && dueMs !== null ? dueMs : nowMs);
            ({ state } = decision);
          };
          const dueOf = (): number | null => {
            const due: number | null | undefined = (state as CorrelationState | null)?.dueMs;
            return due !== undefined && due !== null && due <= nowMs ? due : null;
          };
          steps.forEach(({ gap: by, kind }, index) => {
            nowMs += by;
            const due = dueOf();
            if (state !== null && (seed + index) % 2 === 0) {
              const looked = fireDue(state, terms, nowMs);
              if (looked) note(looked, due);
              else if (nowMs >= correlationEndsMs(state, terms)) state = null;
            }
            const meets = ['a', 'b'].flatMap((one, place) => (one === kind ? [place] : []));
            const isAbsent = hasAbsent && kind === 'done';
            if (meets.length > 0 || isAbsent)
              note(takeCorrelation(state, terms, { meets, isAbsent, eventId: `e${index}`, nowMs }), dueOf());
          });
          const due = dueOf();
          const last = state && fireDue(state, terms, nowMs);
          if (last) note(last, due);
          expect(fired).toEqual(model(steps, { withinMs: within, hasAbsent, untilMs: nowMs }));
        },
      ),
      { numRuns: 60000 },
    );
  });
});
