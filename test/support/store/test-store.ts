import { openStore, type StoreOptions } from "../../../src/store/open-store.ts";
import type { OpenStore, Store } from "../../../src/store/store.ts";

/** An open store in one piece: tests call its methods, and now and then close it. */
export type TestStore = Store & Omit<OpenStore, "store">;

/** A busy machine may take its time: what is about outages opens the store with the deadlines that a server has. */
const PATIENT_MS = 30_000;

export async function openTestStore(options: StoreOptions): Promise<TestStore> {
  return inOnePiece(await openStore({ answerMs: PATIENT_MS, ...options }));
}

export function inOnePiece({ store, ...others }: OpenStore): TestStore {
  return { ...store, ...others };
}
