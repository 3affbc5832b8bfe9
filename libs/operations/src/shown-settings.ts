/** A setting as it is in force; nothing of it is secret. */
export interface ShownSetting {
  name: string;
  /** `null`: it is unset and has no default. What is secret is masked. */
  value: string | null;
  /** Whether the operator set it; else it is the default. */
  is_set: boolean;
  /** Whether (part of) the value is masked. */
  is_secret: boolean;
}
