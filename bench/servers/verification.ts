import { verify } from "node:crypto";
import { parseJws } from "../../src/platform/jws.ts";
import { answerQuestions, readOptions } from "../worker.ts";
import { openOwnGuard } from "./own-guard.ts";

// Verifies tokens in this process: no socket is in the way.

/** Of one token, on the average of a round. */
export type Costs = { readonly guardMicroseconds: number; readonly rawMicroseconds: number };

const TOKENS = 5000;
/** The two ways take turns after so many, so that what else the machine does hits both. */
const BLOCK = 100;

const { directory } = readOptions<{ readonly directory: string }>();
const { guard, keys, grants, newToken, requestHead } = await openOwnGuard({ directory, count: TOKENS });

answerQuestions({ round });

async function round(): Promise<Costs> {
  const tokens = grants.map(newToken);
  let guardMs = 0;
  let rawMs = 0;
  for (let from = 0; from < tokens.length; from += BLOCK) {
    const block = tokens.slice(from, from + BLOCK);
    guardMs += await timed(block.map(requestHead), async (heads) => {
      for (const head of heads) if ((await guard(head)) instanceof Response) throw new Error("refused");
    });
    rawMs += await timed(block.map(readyToVerify), (ready) => {
      for (const { input, key, signature } of ready) {
        if (!verify("sha256", input, { key, dsaEncoding: "ieee-p1363" }, signature))
          throw new Error("refused");
      }
    });
  }
  return {
    guardMicroseconds: (1000 * guardMs) / tokens.length,
    rawMicroseconds: (1000 * rawMs) / tokens.length,
  };
}

async function timed<Given>(given: Given, work: (given: Given) => void | Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work(given);
  return performance.now() - startedAt;
}

/** All that can be done beforehand is done. */
function readyToVerify(token: string) {
  const jws = parseJws(token);
  const key = keys.verificationKey(keys.current().kid);
  if (!jws || !key) throw new Error("not a token");
  return { input: Buffer.from(jws.input), key, signature: jws.signature };
}
