/** A start that cannot go on, in one line that names the setting and says what to do. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
}
