import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { answerQuestions, readOptions } from "../worker.ts";
import { openOwnGuard } from "./own-guard.ts";

// Has the guard remember tokens, and asks for them again.

export type CachedTokensOptions = { readonly directory: string; readonly count: number };

/** Tokens that are asked for in a round: anywhere among all of them. */
const ASKED = 5000;
const BLOCK = 1000;

const { directory, count } = readOptions<CachedTokensOptions>();
const { guard, grants, newToken, requestHead } = await openOwnGuard({
  directory,
  count,
  cachedTokens: count,
});
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** The tokens, to ask for them again: outside of the heap, all of one length. */
let kept = Buffer.alloc(0);
const tokenAt = (index: number) => kept.toString("latin1", index * length, (index + 1) * length);
const { length } = newToken(String(grants[0]));

answerQuestions({
  /** Returns the bytes of the heap that a token takes. */
  async fill(): Promise<number> {
    kept = Buffer.alloc(count * length);
    const before = heap();
    for (let from = 0; from < count; from += BLOCK) {
      const tokens = grants.slice(from, from + BLOCK).map(newToken);
      for (const [index, token] of tokens.entries()) {
        await letIn(token);
        kept.write(token, (from + index) * length, "latin1");
      }
    }
    return (heap() - before) / count;
  },
  /** Returns the microseconds that a request with one of them takes. */
  async round(): Promise<number> {
    const heads = Array.from({ length: ASKED }, () =>
      requestHead(tokenAt(Math.floor(Math.random() * count))),
    );
    const startedAt = performance.now();
    for (const head of heads) await guard(head);
    return (1000 * (performance.now() - startedAt)) / ASKED;
  },
});

async function letIn(token: string): Promise<void> {
  if ((await guard(requestHead(token))) instanceof Response) throw new Error("refused");
}

function heap(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
