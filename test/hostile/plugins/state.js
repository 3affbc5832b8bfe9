// Tries to keep something for the next run, or to read what another left.
import { job } from '@annex/sdk';

globalThis.marks = globalThis.marks ?? [];

job('leave_a_mark', (ctx, payload) => {
  globalThis.marks.push(payload.mark);
  Object.prototype.mark = payload.mark;
  return globalThis.marks;
});
job('read_marks', () => ({ marks: globalThis.marks, inherited: {}.mark ?? null }));
job('keep_the_ctx', async (ctx) => {
  globalThis.kept = ctx;
  globalThis.keptCall = ctx.kv.get;
  return 'kept';
});
job('use_the_kept_ctx', async () => {
  const codes = [];
  for (const call of [() => globalThis.kept.kv.get('a'), () => globalThis.keptCall('a'), () => globalThis.kept.http.get('https://a.test/'), () => globalThis.kept.emit('x', {})]) {
    try {
      await call();
      codes.push('worked');
    } catch (error) {
      codes.push(error.code);
    }
  }
  return codes;
});
job('end_before_the_answer', (ctx) => {
  void ctx.kv.get('slow').then(
    () => (globalThis.late = 'answered'),
    () => (globalThis.late = 'failed'),
  );
  setTimeout(() => (globalThis.lateTimer = 'fired'), 3200);
  return 'ended';
});
job('look_for_late_effects', () => ({ late: globalThis.late ?? null, timer: globalThis.lateTimer ?? null }));
job('read_the_deadline', (ctx) => ctx.run.deadline instanceof Date);
