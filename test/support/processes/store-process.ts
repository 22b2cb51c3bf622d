import { createInterface } from "node:readline";
import { openStore } from "../../../src/store/open-store.ts";
import type { StoreAnswer, StoreCall } from "./child-store.ts";

// A process that opens the store of the database that it is given, and calls a verb for each line that comes in.

const print = (answer: StoreAnswer): boolean => process.stdout.write(`${JSON.stringify(answer)}\n`);

/** Waits for the starting signal: processes that are to race have started by then. */
async function main(): Promise<void> {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  print({ id: 0 });
  await lines.next();
  const { store, close } = await openStore({ database: process.argv[2] ?? "" });
  print({ id: 0 });
  for await (const line of lines) {
    const { id, verb, args }: StoreCall = JSON.parse(line);
    const call = store[verb] as (...args: readonly unknown[]) => Promise<unknown>;
    call(...args).then(
      (result) => print({ id, result }),
      (error: unknown) => print({ id, error: String(error) }),
    );
  }
  await close();
}

main().catch((error: unknown) => {
  print({ id: 0, error: String(error) });
  process.exitCode = 1;
});
