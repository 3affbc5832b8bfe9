import type { InputFault } from '@annex/kernel';

/** Collects what is wrong with a document, up to a number of faults. */
export class FaultList {
  readonly errors: InputFault[] = [];
  readonly warnings: InputFault[] = [];

  constructor(private readonly max: number) {}

  refuse(pointer: string, code: string, detail: string): void {
    if (this.errors.length < this.max) this.errors.push({ pointer, code, detail });
  }

  warn(pointer: string, code: string, detail: string): void {
    if (this.warnings.length < this.max) this.warnings.push({ pointer, code, detail });
  }
}
