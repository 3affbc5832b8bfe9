/** Whom confined processes run as: each has a user of its own, where this process may choose. */

export interface LentUser {
  /** The user's id, and the id of its only group. */
  readonly uid: number;
  /** Its process has exited. */
  giveBack(): void;
}

const firstUid = 61_000;
const uidsPerParent = 64;

/** A user id for one executor; those of one parent differ, those of parents that run side by side mostly do. */
export function executorUid(slot: number): number {
  return firstUid + (process.pid % 60) * uidsPerParent + (slot % uidsPerParent);
}

const takenSlots = new Set<number>();

/** A user that no other process of this parent has. */
export function lendUser(): LentUser {
  let slot = 0;
  while (takenSlots.has(slot)) slot += 1;
  takenSlots.add(slot);
  return { uid: executorUid(slot), giveBack: () => void takenSlots.delete(slot) };
}
