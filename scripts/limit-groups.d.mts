/** A group of limits of libs/limits/src/groups/, as docs/limits.md shows it. */
export interface LimitGroup {
  /** Name of its constant, such as `kvLimits`. */
  name: string;
  /** From the root of the repository. */
  file: string;
  /** What its docstring says, in one line. */
  text: string;
  members: { name: string; text: string }[];
}

/** Every group. Throws `Error` for a member without a docstring. */
export function readLimitGroups(root: string): LimitGroup[];
