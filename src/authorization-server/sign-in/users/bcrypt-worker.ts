import { timingSafeEqual } from "node:crypto";
import { parentPort } from "node:worker_threads";
import { hashSync } from "bcryptjs";

// bcryptjs computes in JavaScript: on the main thread it would hold up every other request for as long as a check takes.

export type BcryptQuestion = { readonly id: number; readonly password: string; readonly hash: string };
export type BcryptAnswer = { readonly id: number; readonly isRight: boolean };

/** `$2b$12$` and the salt. */
const SALT_LENGTH = 29;

parentPort?.on("message", ({ id, password, hash }: BcryptQuestion) => {
  // Only the digest: some old libraries wrote the last character of a salt in another way.
  const computed = Buffer.from(hashSync(password, hash.slice(0, SALT_LENGTH)).slice(SALT_LENGTH));
  const isRight = timingSafeEqual(computed, Buffer.from(hash.slice(SALT_LENGTH)));
  parentPort?.postMessage({ id, isRight } satisfies BcryptAnswer);
});
