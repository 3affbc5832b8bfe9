/** Lets tests that run in the sandbox themselves speak to the double around it. */
import type { Broker } from '@annex/broker';
import type { Json } from '@annex/kernel';

/** Does what a test asks for, by name. What it throws is what the test's call fails with. */
export type Control = (name: string, args: Json[]) => Promise<Json>;

// By the options that the double was opened with.
const controls = new WeakMap<object, Control>();
const controlCall = 'testing.call';

/** Gives a plugin's code control of its double. Only for options that nobody else has. */
export function letControl(options: object, control: Control): void {
  controls.set(options, control);
}

/** The same broker, and calls of the tests. */
export function controlledBroker<Identity>(broker: Broker<Identity>, options: object): Broker<Identity> {
  const control = controls.get(options);
  if (control === undefined) return broker;
  return {
    session(run) {
      const session = broker.session(run);
      return {
        usage: () => session.usage(),
        close: () => session.close(),
        async call(call) {
          if (call.method !== controlCall) return session.call(call);
          try {
            const [name, args] = JSON.parse(call.args) as [string, Json[]];
            return { ok: true, value: JSON.stringify(await control(name, args)) };
          } catch (thrown) {
            const { code, message } = thrown as Error & { code?: unknown };
            return { ok: false, code: typeof code === 'string' ? code : 'PLUGIN_ERROR', message };
          }
        },
      };
    },
  };
}
