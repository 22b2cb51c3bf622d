import type { GroupCommit, Transaction } from "../../../../../src/store/sqlite/group-commit.ts";

/** Each write in a transaction of its own. No other process writes here, so none waits for another. */
export function createGroupCommit(
  transaction: Transaction,
  busy: () => Error,
  committed: (writes: number) => void,
): GroupCommit {
  const write = <T>(work: () => T): T => {
    if (!transaction.begin()) throw busy();
    try {
      const value = work();
      transaction.commit();
      committed(1);
      return value;
    } catch (error) {
      if (transaction.isOpen()) transaction.rollback();
      throw error;
    }
  };
  return { add: async (work) => write(work), close() {} };
}
