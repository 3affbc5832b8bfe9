import { defineErrors } from '@annex/kernel';

/** What the sandbox throws. How a run ended is never thrown: see `RunOutcome`. */
export const errors = defineErrors('sandbox', {
  SANDBOX_STOPPED: { title: 'The sandbox is shutting down', status: 503, fault: 'platform' },
  SANDBOX_UNSAFE: { title: 'The sandbox failed its self-test and runs nothing', status: 503, fault: 'platform' },
  NODE_TOO_OLD: { title: 'Plugin code needs Node 26 or newer', status: 503, fault: 'platform' },
  SANDBOX_USERS: { title: 'There are no user ids for executors', status: 503, fault: 'platform' },
  SANDBOX_CGROUP: { title: 'Executors cannot be limited in the cgroup given', status: 503, fault: 'platform' },
  SANDBOX_TIER: { title: 'Executors are less confined here than is required', status: 503, fault: 'platform' },
  EXECUTOR_MISSING: { title: "The executor's files are missing", status: 503, fault: 'platform' },
  COMPILER_MISSING: { title: "The compiler's files are missing", status: 503, fault: 'platform' },
  COMPILER_UNSAFE: { title: 'The package checker is not confined', status: 503, fault: 'platform' },
  COMPILER_LOST: { title: 'The process that checked the package ended', status: 503, fault: 'platform' },
  COMPILER_STOPPED: { title: 'Annex is stopping and checks no packages', status: 503, fault: 'platform' },
  PYTHON_OFF: { title: 'Plugins in Python are switched off', status: 503, fault: 'platform' },
  PYTHON_MISSING: { title: 'There is no Python in this installation', status: 503, fault: 'platform' },
  EXECUTOR_START_FAILED: { title: 'An executor could not be started', status: 503, fault: 'platform' },
});
