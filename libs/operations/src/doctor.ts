import { messageOf, SingleFlight } from '@annex/kernel';
import { operationsLimits } from '@annex/limits';

/** How bad something is. `warning`: it works, and will not for ever. */
export type FindingStatus = 'ok' | 'warning' | 'fault';

/** One thing that was looked at, with wire names. */
export interface Finding {
  /** What was looked at, such as `database`; several findings may be of one. */
  check: string;
  status: FindingStatus;
  /** What was seen. */
  detail: string;
  /** What to do; `null`: nothing. */
  way_out: string | null;
}

/** Looks at one thing. What it throws becomes a fault. */
export interface Look {
  check: string;
  look(): Promise<readonly Omit<Finding, 'check'>[]>;
}

/** What is wrong with the platform, as the process sees it that answers. With wire names. */
export interface DoctorView {
  /** The worst of the findings. */
  status: FindingStatus;
  checked_at: string;
  /** The worst first. */
  findings: Finding[];
}

const severity: Readonly<Record<FindingStatus, number>> = { fault: 0, warning: 1, ok: 2 };

/** Looks at all that an operator would look at in turn. It changes nothing. */
export class Doctor {
  readonly #looking = new SingleFlight<DoctorView>();
  #last: { view: DoctorView; atMs: number } | undefined;

  constructor(private readonly looks: readonly Look[]) {}

  /** Everything at once, each within five seconds; at most two seconds old. Never throws. */
  async examine(): Promise<DoctorView> {
    if (this.#last && performance.now() - this.#last.atMs < operationsLimits.doctorAgeMs) return this.#last.view;
    return this.#looking.run('', async () => {
      const found = await Promise.all(this.looks.map(lookCalmly));
      const findings = found
        .flat()
        .sort((one, other) => severity[one.status] - severity[other.status])
        .slice(0, operationsLimits.doctorFindings);
      const view = { status: findings[0]?.status ?? 'ok', checked_at: new Date().toISOString(), findings };
      this.#last = { view, atMs: performance.now() };
      return view;
    });
  }
}

/** A look that fails, or takes too long, is a finding. */
async function lookCalmly({ check, look }: Look): Promise<Finding[]> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`There was no answer within ${operationsLimits.doctorLookMs / 1000} s.`)),
    operationsLimits.doctorLookMs,
  );
  try {
    return (await Promise.race([look(), late])).map((finding) => ({ check, ...finding }));
  } catch (thrown) {
    const detail = messageOf(thrown).slice(0, 500);
    return [{ check, status: 'fault', detail, way_out: 'Look whether it runs and can be reached from this process.' }];
  } finally {
    clearTimeout(timer);
  }
}
