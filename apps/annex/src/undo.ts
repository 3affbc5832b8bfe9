/** The steps that undo a start, in the order in which things were started. */
export type Undo = (() => Promise<unknown> | unknown)[];

/** Undoes what was started, the last first. Safe to call twice. */
export async function undoAll(undo: Undo): Promise<void> {
  for (const step of undo.splice(0).reverse()) await step();
}
